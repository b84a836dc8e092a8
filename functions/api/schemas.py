"""What the door's own answers look like, for the API's description."""

from __future__ import annotations

from typing import Any

from api.runs import OPEN_STATUSES, STATUSES, TRIGGERS
from api.states import STATES

Schema = dict[str, Any]


def _object(properties: Schema, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(name: str) -> Schema:
    return {"type": "array", "items": _ref(name)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _free(description: str) -> Schema:
    return {"type": "object", "additionalProperties": True, "description": description}


_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_UUID: Schema = {"type": "string", "format": "uuid"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_PERHAPS_TEXT: Schema = {"type": ["string", "null"]}
_PERHAPS_COUNT: Schema = {"type": ["integer", "null"]}
_PERHAPS_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}

_PARAMS = _free("The parameters of the run, as its job declares them.")
_METADATA = _free("What the job counts and says besides; each job has names of its own.")
_ANYTHING: Schema = {
    "type": ["object", "array", "string", "number", "boolean", "null"],
    "description": "As JSON; null where there was or is nothing. Secrets are left out.",
}

_HOLDER = {
    "job": _PERHAPS_TEXT, "holder": _PERHAPS_TEXT, "who": _PERHAPS_TEXT, "runId": _PERHAPS_TEXT,
    "since": _PERHAPS_TIME, "until": _PERHAPS_TIME,
}  # fmt: skip
_PROBLEM = {
    "type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT, "instance": _TEXT,
    "requestId": _TEXT,
    "errors": {"type": "array", "items": _object({"field": _TEXT, "detail": _TEXT}, optional=("field",))},
}  # fmt: skip

SCHEMAS: Schema = {
    "Health": _object({"status": {"const": "ok"}}),
    "OpenApi": _object({
        "openapi": {"const": "3.1.0"}, "info": _object({"title": _TEXT, "version": _TEXT, "description": _TEXT}),
        "paths": _free("Every path."), "components": _free("What paths share."),
    }),
    "Problem": _object(_PROBLEM, optional=("errors",)),
    "AlreadyRunning": _object({**_PROBLEM, "lock": _TEXT, **_HOLDER}, optional=("errors",)),
    "AcceptedRun": _object(
        {"runId": _UUID, "job": _TEXT, "status": {"type": "string", "enum": list(OPEN_STATUSES)}, "statusUrl": _TEXT}
    ),
    "Run": _object({
        "runId": _UUID, "job": _TEXT, "status": {"type": "string", "enum": list(STATUSES)},
        "trigger": {"type": "string", "enum": list(TRIGGERS)}, "who": _TEXT, "slot": _PERHAPS_TIME, "lock": _TEXT,
        "params": _PARAMS, "part": {"type": "integer", "minimum": 1}, "createdAt": _TIME,
        "startedAt": _PERHAPS_TIME, "finishedAt": _PERHAPS_TIME, "durationMs": _PERHAPS_COUNT, "processed": _COUNT,
        "failed": _COUNT, "errors": {"type": "array", "items": _TEXT}, "metadata": _METADATA,
        "errorClass": _PERHAPS_TEXT, "error": _PERHAPS_TEXT, "requestId": _PERHAPS_TEXT, "statusUrl": _TEXT,
    }),
    "RunPage": _object({"runs": _list("Run"), "limit": _COUNT, "nextCursor": _PERHAPS_TEXT}),
    "Lock": _object({"name": _TEXT, **_HOLDER, "fence": _PERHAPS_COUNT, "lapsed": {"type": "boolean"}}),
    "Locks": _object({"locks": _list("Lock")}),
    "Released": _object({"released": {"type": "boolean"}, "lock": _TEXT, "job": _TEXT, "holder": _TEXT}),
    "Job": _object({
        "name": _TEXT, "title": _TEXT, "description": _TEXT, "schedule": _PERHAPS_TEXT,
        "scheduleInWords": _PERHAPS_TEXT, "zone": _TEXT, "enabled": {"type": "boolean"},
        "paused": {"oneOf": [_ref("Paused"), {"type": "null"}]},
        "state": {"type": "string", "enum": list(STATES)}, "stateReason": _TEXT, "since": _PERHAPS_TIME,
        "lastRun": {"oneOf": [_ref("Run"), {"type": "null"}]}, "nextRun": _PERHAPS_TIME, "lateAfter": _PERHAPS_TIME,
        "lock": {"oneOf": [_ref("Lock"), {"type": "null"}]},
    }),
    "Paused": _object({"by": _TEXT, "at": _TIME, "reason": _PERHAPS_TEXT}),
    "Pausing": _object({
        "job": _TEXT, "isPaused": {"type": "boolean"}, "paused": {"oneOf": [_ref("Paused"), {"type": "null"}]},
        "detail": _TEXT,
    }),
    "Jobs": _object({"jobs": _list("Job")}),
    "AuditEntry": _object({
        "id": {"type": "integer", "minimum": 1}, "at": _TIME, "who": _TEXT, "action": _TEXT, "subject": _TEXT,
        "before": _ANYTHING, "after": _ANYTHING, "requestId": _PERHAPS_TEXT,
    }),
    "AuditPage": _object({"entries": _list("AuditEntry"), "limit": _COUNT, "nextCursor": _PERHAPS_TEXT}),
}  # fmt: skip
