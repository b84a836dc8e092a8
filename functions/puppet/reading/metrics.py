"""`GET /api/cron/metrics`: how many attempts ended how, how long they took and waited, and where they failed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from nightshift.routes import Json, Request
from puppet.reading.asking import ask
from puppet.reading.figures import milliseconds, moment, rate, success_rate
from puppet.reading.period import Period

USUAL = timedelta(hours=24)
_PROCESSORS = 50
_TOTALS = {
    "attempts": "attempts", "succeeded": "succeeded", "failed": "failed", "timedOut": "timed_out", "stuck": "stuck",
    "retried": "retried", "givenUp": "given_up", "duplicates": "duplicates", "refused": "refused", "batches": "batches",
}  # fmt: skip


def metrics(request: Request) -> Json:
    """Answer the figures of the asked time, a day where none is asked for."""
    period = Period.of(request.query, USUAL, datetime.now(UTC))
    row = ask(request, "metrics", **period.values, processors=_PROCESSORS, batches=request.query["batches"])
    totals = row["totals"]
    return {
        **period.view(),
        "totals": {name: totals[column] for name, column in _TOTALS.items()},
        "successRate": success_rate(totals),
        "durationMs": milliseconds(totals, "duration"),
        "waitedMs": milliseconds(totals, "waited"),
        "firstAt": moment(totals["first_at"]),
        "lastAt": moment(totals["last_at"]),
        "errors": errors(row["errors"]),
        "processors": [_processor(each) for each in row["processors"]],
        "batches": [_batch(each) for each in row["batches"]],
    }


def errors(rows: list[Mapping[str, Any]]) -> list[Json]:
    """Return how many attempts failed for which sort of reason."""
    failed = sum(row["count"] for row in rows)
    return [
        {"errorType": row["error_type"], "count": row["count"], "share": rate(row["count"], failed)} for row in rows
    ]


def _processor(row: Mapping[str, Any]) -> Json:
    return {
        "processorId": row["processor_id"],
        "attempts": row["attempts"],
        "succeeded": row["succeeded"],
        "failed": row["failed"],
        "successRate": rate(row["succeeded"], row["attempts"]),
        "averageDurationMs": row["duration_average"],
        "lastAt": moment(row["last_at"]),
    }


def _batch(row: Mapping[str, Any]) -> Json:
    return {
        "batchId": row["batch_id"],
        "processorId": row["processor_id"],
        "jobs": row["jobs"],
        "succeeded": row["succeeded"],
        "failed": row["failed"],
        "duplicates": row["duplicates"],
        "successRate": rate(row["succeeded"], row["succeeded"] + row["failed"]),
        "startedAt": moment(row["first_at"]),
        "finishedAt": moment(row["last_at"]),
    }
