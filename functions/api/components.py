"""What the operations of the API's description share: problems, headers, secrets and the door's own schemas."""

from __future__ import annotations

from typing import Any, Final

from api.schemas import SCHEMAS
from api.sessions import COOKIE
from api.waiting import MAX_WAIT_S
from nightshift.problems import KINDS

Schema = dict[str, Any]

INFO: Final = {
    "title": "Nightshift",
    "version": "1",
    "description": (
        "Starts background jobs and tells what became of them. Every guarded route is closed (503) while no secret is"
        " configured for it. HEAD is answered wherever GET is. Every GET has an ETag and knows If-None-Match. Whoever"
        " accepts text/html gets problems as a page. What a kind of problem means is at /docs/problems.md."
    ),
}

# Problems by their status: the name of the response, and whether it tells when to try again.
RESPONSE_OF: Final = {
    400: "Unreadable", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 410: "Gone",
    412: "Changed", 413: "TooLarge", 415: "NotJson", 422: "InvalidInput", 428: "VersionNeeded", 429: "AlreadyRunning",
    500: "Failed", 503: "Unavailable",
}  # fmt: skip
_HAS_RETRY: Final = (429, 503)
_RUNNING: Final = ("already-running", "too-soon")
_RUN_ID: Final = "0f8c2f4e-6b0a-4d52-9a53-0f2c4f7f1c11"
_MEMBERS: Final[Schema] = {
    "already-running": {
        "job": "product-checks", "lock": "product-checks", "holder": "6f0e7a1c-5f0d-4c1e-9c0a-3b8f1f6f2d10",
        "who": "schedule run of product-checks", "runId": _RUN_ID, "since": "2026-11-22T15:00:00.000Z",
        "until": "2026-11-22T15:05:00.000Z",
    },
    "changed-meanwhile": {"version": 4},
    "invalid-input": {
        "errors": [{"field": "limit", "detail": "limit must be a whole number from 1 to 200"}],
    },
}  # fmt: skip


def problem_content(status: int, kinds: tuple[str, ...] = ()) -> Schema:
    """Return what a problem with this status looks like, to programs and in a browser."""
    named = kinds or tuple(name for name, kind in KINDS.items() if status in kind.statuses)
    base = "AlreadyRunning" if named == _RUNNING else "Problem"
    own = {"type": {"enum": [KINDS[name].type for name in named]}, "status": {"const": status}}
    schema = {"allOf": [{"$ref": f"#/components/schemas/{base}"}, {"type": "object", "properties": own}]}
    examples = {name: {"value": _example(name, status)} for name in named}
    return {
        "application/problem+json": {"schema": schema, "examples": examples},
        "text/html": {"schema": {"type": "string", "description": "The same, as a page."}},
    }


def schema_of_pages(export: str) -> Schema:
    """Return what a page's list looks like as a file."""
    if export == "csv":
        return {"type": "string", "description": "Comma-separated, with the names of the columns in its first line."}
    return {"description": "The rows that the page shows.", "type": ["object", "array"]}


def _example(name: str, status: int) -> Schema:
    kind = KINDS[name]
    return {
        "type": kind.type, "title": kind.title, "status": status, "detail": kind.meaning, "instance": "/api/jobs",
        "requestId": "JKJaXmPLvHcESHA=",
        **_MEMBERS.get("already-running" if name in _RUNNING else name, {}),
    }  # fmt: skip


def _response(status: int, kinds: tuple[str, ...] = ()) -> Schema:
    named = kinds or tuple(name for name, kind in KINDS.items() if status in kind.statuses)
    response: Schema = {
        "description": "; or: ".join(dict.fromkeys(KINDS[name].title for name in named)),
        "content": problem_content(status, kinds),
    }
    if status in _HAS_RETRY:
        response["headers"] = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    return response


def _key(place: str, name: str, description: str) -> Schema:
    return {"type": "apiKey", "in": place, "name": name, "description": description}


_RESPONSES: Final[Schema] = {
    **{name: _response(status, _RUNNING if status == 429 else ()) for status, name in RESPONSE_OF.items()},
    "TooManyAttempts": _response(429, ("too-many-attempts",)),
    "NotModified": {
        "description": "If-None-Match names what would be answered",
        "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
    },
    "SeeOther": {
        "description": "A browser goes on at another page, as to sign in",
        "headers": {"Location": {"$ref": "#/components/headers/Location"}},
    },
}
_PARAMETERS: Final[Schema] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key", "in": "header", "required": False,
        "description": "A repetition with the same key and content is answered the same for a day.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[!#-\[\]-~]+$"},
        "example": "5b2e6f0a-2f6d-4c55-8d0a-7c8f3f1e9a42",
    },
    "IfMatch": {
        "name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}, "example": '"3"',
        "description": "The ETag that was seen last; what has changed since is not overwritten.",
    },
    "IfNoneMatch": {
        "name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"},
        "description": "The ETag of an answer that the caller has; nothing is sent where that is still the answer.",
        "example": '"9f86d081884c7d659a2feaa0c55ad015"',
    },
    "Prefer": {
        "name": "Prefer", "in": "header", "required": False, "schema": {"type": "string"}, "example": "respond-async",
        "description": f"wait=N waits N seconds for the result ({MAX_WAIT_S} at most); respond-async does not wait.",
    },
}  # fmt: skip
_HEADERS: Final[Schema] = {
    "ETag": {"description": "Names exactly this answer.", "schema": {"type": "string"}},
    "Location": {"description": "Where to go on: a run's record, or a page.", "schema": {"type": "string"}},
    "RetryAfter": {"description": "Seconds until a new try.", "schema": {"type": "integer", "minimum": 1}},
}

COMPONENTS: Final[Schema] = {
    "schemas": SCHEMAS,
    "responses": _RESPONSES,
    "parameters": _PARAMETERS,
    "headers": _HEADERS,
    "securitySchemes": {
        "jobSecret": _key("header", "X-Job-Secret", "Opens every route."),
        "bearer": {
            "type": "http", "scheme": "bearer", "description": "The admin secret; for GET also the read-only one.",
        },
        "readSecret": _key("header", "X-Read-Secret", "Opens every GET, and nothing else."),
        "warmupSecret": _key("header", "X-Warmup-Secret", "Opens the warmup routes."),
        "webhookSecret": _key("header", "X-Webhook-Secret", "Opens the webhook."),
        "session": _key("cookie", COOKIE, "A signed session; /login opens it."),
    },
}  # fmt: skip
