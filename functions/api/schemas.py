"""What the door's own answers look like, for the API's description."""

from __future__ import annotations

from api.runs import OPEN_STATUSES, STATUSES, TRIGGERS
from api.states import STATES
from nightshift.json_schema import (
    COUNT,
    NULLABLE_COUNT,
    NULLABLE_TEXT,
    NULLABLE_TIME,
    TEXT,
    TIME,
    UUID,
    Schema,
    free_form,
)


def _object(properties: Schema, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(name: str) -> Schema:
    return {"type": "array", "items": _ref(name)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_PARAMS = free_form("The parameters of the run, as its job declares them.")
_METADATA = free_form("What the job counts and says besides; each job has names of its own.")
_ANYTHING: Schema = {
    "type": ["object", "array", "string", "number", "boolean", "null"],
    "description": "As JSON; null where there was or is nothing. Secrets are left out.",
}

_HOLDER = {
    "job": NULLABLE_TEXT, "holder": NULLABLE_TEXT, "who": NULLABLE_TEXT, "runId": NULLABLE_TEXT,
    "since": NULLABLE_TIME, "until": NULLABLE_TIME,
}  # fmt: skip
_PROBLEM = {
    "type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT, "instance": TEXT,
    "requestId": TEXT,
    "errors": {"type": "array", "items": _object({"field": TEXT, "detail": TEXT}, optional=("field",))},
}  # fmt: skip

SCHEMAS: Schema = {
    "Health": _object({"status": {"const": "ok"}}),
    "OpenApi": _object({
        "openapi": {"const": "3.1.0"}, "info": _object({"title": TEXT, "version": TEXT, "description": TEXT}),
        "paths": free_form("Every path."), "components": free_form("What paths share."),
    }),
    "Problem": _object(_PROBLEM, optional=("errors",)),
    "AlreadyRunning": _object({**_PROBLEM, "lock": TEXT, **_HOLDER}, optional=("errors",)),
    "AcceptedRun": _object(
        {"runId": UUID, "job": TEXT, "status": {"type": "string", "enum": list(OPEN_STATUSES)}, "statusUrl": TEXT}
    ),
    "Run": _object({
        "runId": UUID, "job": TEXT, "status": {"type": "string", "enum": list(STATUSES)},
        "trigger": {"type": "string", "enum": list(TRIGGERS)}, "who": TEXT, "slot": NULLABLE_TIME, "lock": TEXT,
        "params": _PARAMS, "part": {"type": "integer", "minimum": 1}, "createdAt": TIME,
        "startedAt": NULLABLE_TIME, "finishedAt": NULLABLE_TIME, "durationMs": NULLABLE_COUNT, "processed": COUNT,
        "failed": COUNT, "errors": {"type": "array", "items": TEXT}, "metadata": _METADATA,
        "errorClass": NULLABLE_TEXT, "error": NULLABLE_TEXT, "requestId": NULLABLE_TEXT, "statusUrl": TEXT,
    }),
    "RunPage": _object({"runs": _list("Run"), "limit": COUNT, "nextCursor": NULLABLE_TEXT}),
    "Lock": _object({"name": TEXT, **_HOLDER, "fence": NULLABLE_COUNT, "lapsed": {"type": "boolean"}}),
    "Locks": _object({"locks": _list("Lock")}),
    "Released": _object({"released": {"type": "boolean"}, "lock": TEXT, "job": TEXT, "holder": TEXT}),
    "Job": _object({
        "name": TEXT, "title": TEXT, "description": TEXT, "schedule": NULLABLE_TEXT,
        "scheduleInWords": NULLABLE_TEXT, "zone": TEXT, "enabled": {"type": "boolean"},
        "paused": {"oneOf": [_ref("Paused"), {"type": "null"}]},
        "state": {"type": "string", "enum": list(STATES)}, "stateReason": TEXT, "since": NULLABLE_TIME,
        "lastRun": {"oneOf": [_ref("Run"), {"type": "null"}]}, "nextRun": NULLABLE_TIME, "lateAfter": NULLABLE_TIME,
        "lock": {"oneOf": [_ref("Lock"), {"type": "null"}]},
    }),
    "Paused": _object({"by": TEXT, "at": TIME, "reason": NULLABLE_TEXT}),
    "Pausing": _object({
        "job": TEXT, "isPaused": {"type": "boolean"}, "paused": {"oneOf": [_ref("Paused"), {"type": "null"}]},
        "detail": TEXT,
    }),
    "Jobs": _object({"jobs": _list("Job")}),
    "AuditEntry": _object({
        "id": {"type": "integer", "minimum": 1}, "at": TIME, "who": TEXT, "action": TEXT, "subject": TEXT,
        "before": _ANYTHING, "after": _ANYTHING, "requestId": NULLABLE_TEXT,
    }),
    "AuditPage": _object({"entries": _list("AuditEntry"), "limit": COUNT, "nextCursor": NULLABLE_TEXT}),
}  # fmt: skip
