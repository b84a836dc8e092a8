"""What the answers about puppet jobs look like, for the API's description."""

from __future__ import annotations

from typing import Any

from puppet.configuration import PARAMETERS, PRESETS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TIME: Schema = {"type": "string", "format": "date-time"}
_UUID: Schema = {"type": "string", "format": "uuid"}
_RATE: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
_PERHAPS_TEXT: Schema = {"type": ["string", "null"]}
_PERHAPS_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_PERHAPS_NUMBER: Schema = {"type": ["number", "null"]}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _perhaps(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


_VALUES = _object(**{parameter.name: {"type": "integer"} for parameter in PARAMETERS})
_IN_FORCE: Schema = {
    "enabled": _FLAG, "configuration": _VALUES, "preset": {"type": ["string", "null"], "enum": [*PRESETS, None]},
    "version": _COUNT, "updatedAt": _PERHAPS_TIME, "updatedBy": _PERHAPS_TEXT, "problems": _list(_TEXT),
}  # fmt: skip
# Values by their names; which ones, differs.
_SOME: Schema = {"type": "object", "additionalProperties": {"type": ["integer", "boolean", "null"]}}
_FREE: Schema = {"type": "object", "additionalProperties": True, "description": "What the run counts besides."}
_CHANGE = _object(at=_TIME, who=_TEXT, action=_TEXT, before=_perhaps(_SOME), after=_perhaps(_SOME))
CONFIGURATION = _object(
    **_IN_FORCE,
    presets={"type": "object", "additionalProperties": _SOME},
    bounds={
        "type": "object",
        "additionalProperties": _object(minimum={"type": "integer"}, maximum={"type": "integer"}),
    },
    history=_list(_CHANGE),
)

SWITCHED = _object(enabled=_FLAG, changed=_FLAG, since=_PERHAPS_TIME, by=_PERHAPS_TEXT, message=_TEXT)
RESET = _object(reset=_COUNT, failed=_COUNT, message=_TEXT)

_RUNNING = _object(
    processorId=_TEXT, runId=_perhaps(_UUID), startedAt=_TIME, heartbeatAt=_TIME, isAlive=_FLAG, batches=_COUNT,
    processed=_COUNT, succeeded=_COUNT, failed=_COUNT,
)  # fmt: skip
_LAST_RUN = _object(
    runId=_UUID, status=_TEXT, createdAt=_TIME, startedAt=_PERHAPS_TIME, finishedAt=_PERHAPS_TIME, processed=_COUNT,
    failed=_COUNT, metadata=_FREE, statusUrl=_TEXT,
)  # fmt: skip
STATUS = _object(
    **_IN_FORCE, since=_PERHAPS_TIME, by=_PERHAPS_TEXT, isRunning=_FLAG, inFlight=_COUNT, processors=_list(_RUNNING),
    lastRun=_perhaps(_LAST_RUN), schedule=_PERHAPS_TEXT, scheduleEnabled=_FLAG, nextRun=_PERHAPS_TIME,
)  # fmt: skip

_CAPPED = _object(count=_COUNT, isCapped=_FLAG)
QUEUE = _object(
    at=_TIME,
    cap=_COUNT,
    states=_object(due=_CAPPED, later=_CAPPED, running=_CAPPED, waiting=_CAPPED),
    dueAgain=_COUNT,
    oldestDueAt=_PERHAPS_TIME,
    oldestAgeSeconds=_PERHAPS_NUMBER,
    nextAt=_PERHAPS_TIME,
    lastHour=_object(
        success=_COUNT, failed=_COUNT, timeout=_COUNT, duplicate=_COUNT, cancelled=_COUNT, isCapped=_FLAG
    ),
    byType=_list(_object(jobType=_TEXT, due=_COUNT, inFlight=_COUNT)),
    byUser=_list(_object(userId=_TEXT, due=_COUNT, inFlight=_COUNT)),
    processors=_list(
        _object(
            processorId=_TEXT, running=_COUNT, waiting=_COUNT, longestSeconds=_PERHAPS_NUMBER,
            silentSeconds=_PERHAPS_NUMBER,
        )
    ),
)  # fmt: skip

_LINE = _object(name=_TEXT, ok=_FLAG, detail=_TEXT, measured=_PERHAPS_NUMBER, unit=_PERHAPS_TEXT)
HEALTH = _object(status={"type": "string", "enum": ["healthy", "unhealthy"]}, checks=_list(_LINE))

_SUCCESS = _object(perAttempt=_RATE, perJob=_RATE)
_SPREAD = _object(average=_PERHAPS_NUMBER, median=_PERHAPS_NUMBER, p95=_PERHAPS_NUMBER, longest=_PERHAPS_NUMBER)
_ASKED: Schema = {"from": _TIME, "to": _TIME, "filters": _object(jobType=_PERHAPS_TEXT, userId=_PERHAPS_TEXT)}
METRICS = _object(
    **_ASKED,
    totals=_object(
        attempts=_COUNT, succeeded=_COUNT, failed=_COUNT, timedOut=_COUNT, stuck=_COUNT, retried=_COUNT, givenUp=_COUNT,
        duplicates=_COUNT, refused=_COUNT, batches=_COUNT,
    ),
    successRate=_SUCCESS,
    durationMs=_SPREAD,
    waitedMs=_SPREAD,
    firstAt=_PERHAPS_TIME,
    lastAt=_PERHAPS_TIME,
    errors=_list(_object(errorType=_TEXT, count=_COUNT, share=_RATE)),
    processors=_list(
        _object(
            processorId=_TEXT, attempts=_COUNT, succeeded=_COUNT, failed=_COUNT, successRate=_RATE,
            averageDurationMs=_PERHAPS_NUMBER, lastAt=_TIME,
        )
    ),
    batches=_list(
        _object(
            batchId=_UUID, processorId=_TEXT, jobs=_COUNT, succeeded=_COUNT, failed=_COUNT, duplicates=_COUNT,
            successRate=_RATE, startedAt=_TIME, finishedAt=_TIME,
        )
    ),
)  # fmt: skip

_COUNTED: Schema = {"attempts": _COUNT, "succeeded": _COUNT, "failed": _COUNT, "successRate": _SUCCESS}
_ADVICE = _object(
    code=_TEXT,
    text=_TEXT,
    figure=_object(name=_TEXT, value={"type": "number"}, bound={"type": "number"}, jobType=_PERHAPS_TEXT),
    setting=_perhaps(_object(name=_TEXT, now={"type": "integer"}, proposed={"type": ["integer", "null"]})),
)
INSIGHTS = _object(
    **_ASKED,
    zone=_TEXT,
    keptSince=_PERHAPS_TIME,
    totals=_object(
        attempts=_COUNT, succeeded=_COUNT, failed=_COUNT, timedOut=_COUNT, stuck=_COUNT, givenUp=_COUNT,
        duplicates=_COUNT, repeated=_COUNT, repeatedSucceeded=_COUNT,
    ),
    successRate=_SUCCESS,
    daily=_list(
        _object(
            date={"type": "string", "format": "date"}, **_COUNTED, p95DurationMs=_PERHAPS_NUMBER,
            p95WaitedMs=_PERHAPS_NUMBER,
        )
    ),
    byType=_list(
        _object(
            jobType=_TEXT, **_COUNTED, share=_RATE, averageDurationMs=_PERHAPS_NUMBER, p95DurationMs=_PERHAPS_NUMBER
        )
    ),
    byUser=_list(_object(userId=_TEXT, **_COUNTED, share=_RATE, p95WaitedMs=_PERHAPS_NUMBER)),
    errorPatterns=_list(
        _object(
            errorType=_TEXT, jobType=_TEXT, pattern=_TEXT, count=_COUNT, share=_RATE, users=_COUNT, firstAt=_TIME,
            lastAt=_TIME,
        )
    ),
    hours=_list(_object(hour=_COUNT, attempts=_COUNT, failed=_COUNT, p95WaitedMs=_PERHAPS_NUMBER)),
    peakHours=_list(_COUNT),
    recommendations=_list(_ADVICE),
    note=_PERHAPS_TEXT,
)  # fmt: skip
