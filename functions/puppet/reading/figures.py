"""Figures of attempts as callers see them: a rate is null where there is nothing to divide, a time is a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from nightshift.routes import Json


def rate(part: int, whole: int) -> float | None:
    """Return the share as a fraction; nothing of nothing is no rate, and certainly not 100 %."""
    return round(part / whole, 4) if whole else None


def moment(text: str | None) -> datetime | None:
    """Read a time as PostgreSQL writes it into JSON."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def milliseconds(row: Mapping[str, Any], kind: str) -> Json:
    """Return the spread of `duration` or `waited`; all null where there was none."""
    median, p95 = row[f"{kind}_percentiles"] or (None, None)
    return {
        "average": row[f"{kind}_average"],
        "median": _rounded(median),
        "p95": _rounded(p95),
        "longest": row[f"{kind}_longest"],
    }


def success_rate(row: Mapping[str, Any]) -> Json:
    """Return how much succeeded: of all attempts, and of the jobs that came to their end."""
    ended = row["succeeded"] + row["given_up"]
    return {"perAttempt": rate(row["succeeded"], row["attempts"]), "perJob": rate(row["succeeded"], ended)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
