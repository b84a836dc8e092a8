"""What the answers about puppet jobs look like, for the API's description."""

from __future__ import annotations

from nightshift.capped import CAPPED
from nightshift.json_schema import (
    COUNT,
    FLAG,
    NULLABLE_NUMBER,
    NULLABLE_TEXT,
    NULLABLE_TIME,
    TEXT,
    TIME,
    UUID,
    Schema,
    list_of,
    nullable,
    record,
)
from puppet.configuration import PARAMETERS, PRESETS

_RATE: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 1}


_VALUES = record(**{parameter.name: {"type": "integer"} for parameter in PARAMETERS})
_IN_FORCE: Schema = {
    "enabled": FLAG, "configuration": _VALUES, "preset": {"type": ["string", "null"], "enum": [*PRESETS, None]},
    "version": COUNT, "updatedAt": NULLABLE_TIME, "updatedBy": NULLABLE_TEXT, "problems": list_of(TEXT),
}  # fmt: skip
# Values by their names; which ones, differs.
_SOME: Schema = {"type": "object", "additionalProperties": {"type": ["integer", "boolean", "null"]}}
_FREE: Schema = {"type": "object", "additionalProperties": True, "description": "What the run counts besides."}
_CHANGE = record(at=TIME, who=TEXT, action=TEXT, before=nullable(_SOME), after=nullable(_SOME))
CONFIGURATION = record(
    **_IN_FORCE,
    presets={"type": "object", "additionalProperties": _SOME},
    bounds={
        "type": "object",
        "additionalProperties": record(minimum={"type": "integer"}, maximum={"type": "integer"}),
    },
    history=list_of(_CHANGE),
)

SWITCHED = record(enabled=FLAG, changed=FLAG, since=NULLABLE_TIME, by=NULLABLE_TEXT, message=TEXT)
RESET = record(reset=COUNT, failed=COUNT, message=TEXT)

_RUNNING = record(
    processorId=TEXT, runId=nullable(UUID), startedAt=TIME, heartbeatAt=TIME, isAlive=FLAG, batches=COUNT,
    processed=COUNT, succeeded=COUNT, failed=COUNT,
)  # fmt: skip
_LAST_RUN = record(
    runId=UUID, status=TEXT, createdAt=TIME, startedAt=NULLABLE_TIME, finishedAt=NULLABLE_TIME, processed=COUNT,
    failed=COUNT, metadata=_FREE, statusUrl=TEXT,
)  # fmt: skip
STATUS = record(
    **_IN_FORCE, since=NULLABLE_TIME, by=NULLABLE_TEXT, isRunning=FLAG, inFlight=COUNT, processors=list_of(_RUNNING),
    lastRun=nullable(_LAST_RUN), schedule=NULLABLE_TEXT, scheduleEnabled=FLAG, nextRun=NULLABLE_TIME,
)  # fmt: skip

QUEUE = record(
    at=TIME,
    cap=COUNT,
    states=record(due=CAPPED, later=CAPPED, running=CAPPED, waiting=CAPPED),
    dueAgain=COUNT,
    oldestDueAt=NULLABLE_TIME,
    oldestAgeSeconds=NULLABLE_NUMBER,
    nextAt=NULLABLE_TIME,
    lastHour=record(
        success=COUNT, failed=COUNT, timeout=COUNT, duplicate=COUNT, cancelled=COUNT, isCapped=FLAG
    ),
    byType=list_of(record(jobType=TEXT, due=COUNT, inFlight=COUNT)),
    byUser=list_of(record(userId=TEXT, due=COUNT, inFlight=COUNT)),
    processors=list_of(
        record(
            processorId=TEXT, running=COUNT, waiting=COUNT, longestSeconds=NULLABLE_NUMBER,
            silentSeconds=NULLABLE_NUMBER,
        )
    ),
)  # fmt: skip

_LINE = record(name=TEXT, ok=FLAG, detail=TEXT, measured=NULLABLE_NUMBER, unit=NULLABLE_TEXT)
HEALTH = record(status={"type": "string", "enum": ["healthy", "unhealthy"]}, checks=list_of(_LINE))

_SUCCESS = record(perAttempt=_RATE, perJob=_RATE)
_SPREAD = record(average=NULLABLE_NUMBER, median=NULLABLE_NUMBER, p95=NULLABLE_NUMBER, longest=NULLABLE_NUMBER)
_ASKED: Schema = {"from": TIME, "to": TIME, "filters": record(jobType=NULLABLE_TEXT, userId=NULLABLE_TEXT)}
METRICS = record(
    **_ASKED,
    totals=record(
        attempts=COUNT, succeeded=COUNT, failed=COUNT, timedOut=COUNT, stuck=COUNT, retried=COUNT, givenUp=COUNT,
        duplicates=COUNT, refused=COUNT, batches=COUNT,
    ),
    successRate=_SUCCESS,
    durationMs=_SPREAD,
    waitedMs=_SPREAD,
    firstAt=NULLABLE_TIME,
    lastAt=NULLABLE_TIME,
    errors=list_of(record(errorType=TEXT, count=COUNT, share=_RATE)),
    processors=list_of(
        record(
            processorId=TEXT, attempts=COUNT, succeeded=COUNT, failed=COUNT, successRate=_RATE,
            averageDurationMs=NULLABLE_NUMBER, lastAt=TIME,
        )
    ),
    batches=list_of(
        record(
            batchId=UUID, processorId=TEXT, jobs=COUNT, succeeded=COUNT, failed=COUNT, duplicates=COUNT,
            successRate=_RATE, startedAt=TIME, finishedAt=TIME,
        )
    ),
)  # fmt: skip

_COUNTED: Schema = {"attempts": COUNT, "succeeded": COUNT, "failed": COUNT, "successRate": _SUCCESS}
_ADVICE = record(
    code=TEXT,
    text=TEXT,
    figure=record(name=TEXT, value={"type": "number"}, bound={"type": "number"}, jobType=NULLABLE_TEXT),
    setting=nullable(record(name=TEXT, now={"type": "integer"}, proposed={"type": ["integer", "null"]})),
)
INSIGHTS = record(
    **_ASKED,
    zone=TEXT,
    keptSince=NULLABLE_TIME,
    totals=record(
        attempts=COUNT, succeeded=COUNT, failed=COUNT, timedOut=COUNT, stuck=COUNT, givenUp=COUNT,
        duplicates=COUNT, repeated=COUNT, repeatedSucceeded=COUNT,
    ),
    successRate=_SUCCESS,
    daily=list_of(
        record(
            date={"type": "string", "format": "date"}, **_COUNTED, p95DurationMs=NULLABLE_NUMBER,
            p95WaitedMs=NULLABLE_NUMBER,
        )
    ),
    byType=list_of(
        record(
            jobType=TEXT, **_COUNTED, share=_RATE, averageDurationMs=NULLABLE_NUMBER, p95DurationMs=NULLABLE_NUMBER
        )
    ),
    byUser=list_of(record(userId=TEXT, **_COUNTED, share=_RATE, p95WaitedMs=NULLABLE_NUMBER)),
    errorPatterns=list_of(
        record(
            errorType=TEXT, jobType=TEXT, pattern=TEXT, count=COUNT, share=_RATE, users=COUNT, firstAt=TIME,
            lastAt=TIME,
        )
    ),
    hours=list_of(record(hour=COUNT, attempts=COUNT, failed=COUNT, p95WaitedMs=NULLABLE_NUMBER)),
    peakHours=list_of(COUNT),
    recommendations=list_of(_ADVICE),
    note=NULLABLE_TEXT,
)  # fmt: skip
