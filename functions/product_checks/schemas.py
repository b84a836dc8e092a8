"""What the answers about product checks look like, for the API's description."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TIME: Schema = {"type": "string", "format": "date-time"}
_PERHAPS_TEXT: Schema = {"type": ["string", "null"]}
_PERHAPS_COUNT: Schema = {"type": ["integer", "null"], "minimum": 0}
_PERHAPS_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


_CHECK = _object(
    id={"type": "integer", "minimum": 1},
    product_id={"type": "integer", "minimum": 1},
    product_name=_PERHAPS_TEXT,
    product_url=_TEXT,
    started_at=_TIME,
    finished_at=_TIME,
    status={"type": "string", "enum": ["success", "failed"]},
    error_class=_PERHAPS_TEXT,
    error_message=_PERHAPS_TEXT,
    metadata={"type": "object", "additionalProperties": True, "description": "What was found on the page, and how."},
    duration_ms=_COUNT,
)
_PAGE: Schema = {"checks": {"type": "array", "items": _CHECK}, "count": _COUNT, "limit": _COUNT}
RECENT = _object(**_PAGE, nextCursor=_PERHAPS_TEXT)
SLOW = _object(**_PAGE)

STATS = _object(
    cap=_COUNT,
    isCapped=_FLAG,
    overall=_object(
        total_checks=_COUNT, successful_checks=_COUNT, failed_checks=_COUNT, avg_duration_ms=_PERHAPS_COUNT,
        max_duration_ms=_PERHAPS_COUNT, min_duration_ms=_PERHAPS_COUNT,
    ),
    recent=_object(
        checks_last_24h=_COUNT, successful_last_24h=_COUNT, failed_last_24h=_COUNT, unique_products_checked=_COUNT
    ),
    statusBreakdown={"type": "array", "items": _object(status=_TEXT, count=_COUNT)},
)  # fmt: skip

_ERROR: Schema = {
    "oneOf": [{"type": "object", "properties": {"class": _PERHAPS_TEXT, "message": _PERHAPS_TEXT}}, {"type": "null"}]
}
_SHOP = _object(
    shop=_PERHAPS_TEXT, checks=_COUNT, failed=_COUNT, products=_COUNT, failingProducts=_COUNT, averageMs=_PERHAPS_COUNT,
    lastFailureAt=_PERHAPS_TIME, lastError=_ERROR,
)  # fmt: skip
SHOPS = _object(
    since=_PERHAPS_TIME, lastCheckAt=_PERHAPS_TIME, checks=_COUNT, failed=_COUNT, products=_COUNT, shopCount=_COUNT,
    longestMs=_PERHAPS_COUNT, isCapped=_FLAG, shops={"type": "array", "items": _SHOP},
)  # fmt: skip

RUN_NOW: Schema = {
    "type": "object",
    "description": "The run, with what callers of this route expect besides; a run that has ended has its counts.",
    "properties": {
        "runId": {"type": "string", "format": "uuid"},
        "job": _TEXT,
        "statusUrl": _TEXT,
        "success": _FLAG,
        "message": _TEXT,
        "status": _object(
            enabled=_FLAG, isRunning=_FLAG, intervalMinutes={"type": "integer", "minimum": 1}, cronJobActive=_FLAG
        ),
    },
    "required": ["runId", "job", "statusUrl", "success", "message", "status"],
}
