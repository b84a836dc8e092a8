"""`GET /api/cron/queue`: what waits, what is in flight and with whom, in counts that stop at a cap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nightshift.capped import CAP, capped
from nightshift.routes import Json, Request
from nightshift.sql import queries

_FINAL = ("success", "failed", "timeout", "duplicate", "cancelled")


def queue(request: Request) -> Json:
    """Answer the queue as it is now; by type and by user for the first of those that are due."""
    row = request.platform.database.read(queries("puppet.reading")["queue"], cap=CAP, rows=request.query["top"])[0]
    ended = row["ended"] or {}
    return {
        "at": row["at"],
        "cap": CAP,
        "states": {
            "due": capped(row["due"], CAP),
            "later": capped(row["later"], CAP),
            "running": capped(row["running"], CAP),
            "waiting": capped(row["waiting"], CAP),
        },
        "dueAgain": row["due_again"],
        "oldestDueAt": row["oldest_at"],
        "oldestAgeSeconds": _age(row),
        "nextAt": row["next_at"],
        "lastHour": {**{name: ended.get(name, 0) for name in _FINAL}, "isCapped": sum(ended.values()) > CAP},
        "byType": [_share("jobType", "job_type", each) for each in row["types"]],
        "byUser": [_share("userId", "user_id", each) for each in row["users"]],
        "processors": [_processor(each) for each in row["processors"]],
    }


def _age(row: Mapping[str, Any]) -> float | None:
    return round((row["at"] - row["oldest_at"]).total_seconds(), 1) if row["oldest_at"] else None


def _share(name: str, column: str, row: Mapping[str, Any]) -> Json:
    return {name: row[column], "due": row["due"], "inFlight": row["in_flight"]}


def _processor(row: Mapping[str, Any]) -> Json:
    return {
        "processorId": row["processor_id"],
        "running": row["running"],
        "waiting": row["waiting"],
        "longestSeconds": row["longest_s"],
        "silentSeconds": row["silent_s"],
    }
