"""What the answers about product checks look like, for the API's description."""

from __future__ import annotations

from nightshift.json_schema import COUNT, FLAG, NULLABLE_COUNT, NULLABLE_TEXT, NULLABLE_TIME, TEXT, TIME, Schema, record

_CHECK = record(
    id={"type": "integer", "minimum": 1},
    product_id={"type": "integer", "minimum": 1},
    product_name=NULLABLE_TEXT,
    product_url=TEXT,
    started_at=TIME,
    finished_at=TIME,
    status={"type": "string", "enum": ["success", "failed"]},
    error_class=NULLABLE_TEXT,
    error_message=NULLABLE_TEXT,
    metadata={"type": "object", "additionalProperties": True, "description": "What was found on the page, and how."},
    duration_ms=COUNT,
)
_PAGE: Schema = {"checks": {"type": "array", "items": _CHECK}, "count": COUNT, "limit": COUNT}
RECENT = record(**_PAGE, nextCursor=NULLABLE_TEXT)
SLOW = record(**_PAGE)

STATS = record(
    cap=COUNT,
    isCapped=FLAG,
    overall=record(
        total_checks=COUNT, successful_checks=COUNT, failed_checks=COUNT, avg_duration_ms=NULLABLE_COUNT,
        max_duration_ms=NULLABLE_COUNT, min_duration_ms=NULLABLE_COUNT,
    ),
    recent=record(
        checks_last_24h=COUNT, successful_last_24h=COUNT, failed_last_24h=COUNT, unique_products_checked=COUNT
    ),
    statusBreakdown={"type": "array", "items": record(status=TEXT, count=COUNT)},
)  # fmt: skip

_ERROR: Schema = {
    "oneOf": [{"type": "object", "properties": {"class": NULLABLE_TEXT, "message": NULLABLE_TEXT}}, {"type": "null"}]
}
_SHOP = record(
    shop=NULLABLE_TEXT, checks=COUNT, failed=COUNT, products=COUNT, failingProducts=COUNT, averageMs=NULLABLE_COUNT,
    lastFailureAt=NULLABLE_TIME, lastError=_ERROR,
)  # fmt: skip
SHOPS = record(
    since=NULLABLE_TIME, lastCheckAt=NULLABLE_TIME, checks=COUNT, failed=COUNT, products=COUNT, shopCount=COUNT,
    longestMs=NULLABLE_COUNT, isCapped=FLAG, shops={"type": "array", "items": _SHOP},
)  # fmt: skip

RUN_NOW: Schema = {
    "type": "object",
    "description": "The run, with what callers of this route expect besides; a run that has ended has its counts.",
    "properties": {
        "runId": {"type": "string", "format": "uuid"},
        "job": TEXT,
        "statusUrl": TEXT,
        "success": FLAG,
        "message": TEXT,
        "status": record(
            enabled=FLAG, isRunning=FLAG, intervalMinutes={"type": "integer", "minimum": 1}, cronJobActive=FLAG
        ),
    },
    "required": ["runId", "job", "statusUrl", "success", "message", "status"],
}
