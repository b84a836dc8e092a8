"""What the API's description says of the door's own answers, problems, headers and secrets."""

from __future__ import annotations

from typing import Any

from api.runs import OPEN_STATUSES, STATUSES, TRIGGERS
from api.states import STATES
from api.waiting import MAX_WAIT_S

Schema = dict[str, Any]

INFO = {
    "title": "Nightshift",
    "version": "1",
    "description": (
        "Starts background jobs and tells what became of them. Every guarded route is closed (503) while no secret is"
        " configured for it. HEAD is answered wherever GET is."
    ),
}


def _object(properties: Schema, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(name: str) -> Schema:
    return {"type": "array", "items": _ref(name)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _problem(description: str, schema: str = "Problem", *, retry: bool = False) -> Schema:
    response: Schema = {
        "description": description,
        "content": {"application/problem+json": {"schema": _ref(schema)}},
    }
    if retry:
        seconds = {"type": "integer", "minimum": 1}
        response["headers"] = {"Retry-After": {"description": "Seconds until a new try", "schema": seconds}}
    return response


_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_UUID: Schema = {"type": "string", "format": "uuid"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_PERHAPS_TEXT: Schema = {"type": ["string", "null"]}
_PERHAPS_COUNT: Schema = {"type": ["integer", "null"]}
_PERHAPS_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}

_HOLDER = {
    "job": _PERHAPS_TEXT, "holder": _PERHAPS_TEXT, "who": _PERHAPS_TEXT, "runId": _PERHAPS_TEXT,
    "since": _PERHAPS_TIME, "until": _PERHAPS_TIME,
}  # fmt: skip
_PROBLEM = {
    "type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT, "instance": _TEXT,
    "requestId": _TEXT,
    "errors": {"type": "array", "items": _object({"field": _TEXT, "detail": _TEXT}, optional=("field",))},
}  # fmt: skip

_SCHEMAS: Schema = {
    "Problem": _object(_PROBLEM, optional=("errors",)),
    "AlreadyRunning": _object({**_PROBLEM, "lock": _TEXT, **_HOLDER}, optional=("errors",)),
    "AcceptedRun": _object(
        {"runId": _UUID, "job": _TEXT, "status": {"type": "string", "enum": list(OPEN_STATUSES)}, "statusUrl": _TEXT}
    ),
    "Run": _object({
        "runId": _UUID, "job": _TEXT, "status": {"type": "string", "enum": list(STATUSES)},
        "trigger": {"type": "string", "enum": list(TRIGGERS)}, "who": _TEXT, "slot": _PERHAPS_TIME, "lock": _TEXT,
        "params": {"type": "object"}, "part": {"type": "integer", "minimum": 1}, "createdAt": _TIME,
        "startedAt": _PERHAPS_TIME, "finishedAt": _PERHAPS_TIME, "durationMs": _PERHAPS_COUNT, "processed": _COUNT,
        "failed": _COUNT, "errors": {"type": "array", "items": _TEXT}, "metadata": {"type": "object"},
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
        "before": {}, "after": {}, "requestId": _PERHAPS_TEXT,
    }),
    "AuditPage": _object({"entries": _list("AuditEntry"), "limit": _COUNT, "nextCursor": _PERHAPS_TEXT}),
}  # fmt: skip

_RESPONSES: Schema = {
    "Unreadable": _problem("The body or the query cannot be read"),
    "Unauthorized": _problem("A secret is needed, and there is none or a wrong one"),
    "NotFound": _problem("There is nothing here"),
    "Conflict": _problem("The state of things is another; or the first request with this Idempotency-Key goes on"),
    "Changed": _problem("It has been changed since the version that If-Match names; `version` is the present one"),
    "VersionNeeded": _problem("If-Match is missing: it names the version that was seen"),
    "TooLarge": _problem("The body is too large"),
    "NotJson": _problem("The body is not application/json"),
    "InvalidInput": _problem("Values are wrong; `errors` names them all"),
    "AlreadyRunning": _problem("The job runs already; here is who runs it", "AlreadyRunning", retry=True),
    "Failed": _problem("Something went wrong on this side"),
    "Unavailable": _problem("Something that is needed cannot be reached, or no secret is configured", retry=True),
}

_PARAMETERS: Schema = {
    "IdempotencyKey": {
        "name": "Idempotency-Key", "in": "header", "required": False,
        "description": "A repetition with the same key and content is answered the same for a day.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 257},
    },
    "IfMatch": {
        "name": "If-Match", "in": "header", "required": True, "schema": _TEXT,
        "description": "The ETag that was seen last; what has changed since is not overwritten.",
    },
    "Prefer": {
        "name": "Prefer", "in": "header", "required": False, "schema": _TEXT,
        "description": f"wait=N waits N seconds for the result ({MAX_WAIT_S} at most); respond-async does not wait.",
    },
}  # fmt: skip


def _key(header: str, description: str) -> Schema:
    return {"type": "apiKey", "in": "header", "name": header, "description": description}


COMPONENTS: Schema = {
    "schemas": _SCHEMAS,
    "responses": _RESPONSES,
    "parameters": _PARAMETERS,
    "securitySchemes": {
        "jobSecret": _key("X-Job-Secret", "Opens every route."),
        "bearer": {
            "type": "http", "scheme": "bearer", "description": "The admin secret; for GET also the read-only one.",
        },
        "readSecret": _key("X-Read-Secret", "Opens every GET, and nothing else."),
        "warmupSecret": _key("X-Warmup-Secret", "Opens the warmup routes."),
        "webhookSecret": _key("X-Webhook-Secret", "Opens the webhook."),
    },
}  # fmt: skip
