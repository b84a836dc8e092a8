"""`GET /api/cron/insights`: how the figures go from day to day, by type and user, and what to do about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from nightshift.errors import DatabaseError
from nightshift.routes import Json, Problem, Request
from puppet.configuration import read_configuration
from puppet.reading.asking import ask
from puppet.reading.figures import moment, rate, success_rate
from puppet.reading.period import Period
from puppet.reading.recommendations import ENOUGH_ATTEMPTS, Figures, recommend

USUAL = timedelta(days=30)
_PEAKS = 3
# PostgreSQL keeps a list of zones of its own.
_UNKNOWN_ZONE = "22023"
_TOTALS = {
    "attempts": "attempts", "succeeded": "succeeded", "failed": "failed", "timedOut": "timed_out", "stuck": "stuck",
    "givenUp": "given_up", "duplicates": "duplicates", "repeated": "repeated",
    "repeatedSucceeded": "repeated_succeeded",
}  # fmt: skip


def insights(request: Request) -> Json:
    """Answer trends and advice over the asked time, 30 days where none is asked for."""
    period = Period.of(request.query, USUAL, datetime.now(UTC))
    zone = str(request.query["zone"] or "UTC")
    row = _read(request, period, zone)
    totals = row["totals"]
    values = read_configuration(request.platform.database).values
    advice = recommend(Figures(totals, row["types"], row["users"], row["hours"], values))
    return {
        **period.view(),
        "zone": zone,
        "keptSince": row["kept_since"],
        "totals": {name: totals[column] for name, column in _TOTALS.items()},
        "successRate": success_rate(totals),
        "daily": [_day(each) for each in row["days"]],
        "byType": [_type(each, totals["attempts"]) for each in row["types"]],
        "byUser": [_user(each, totals["attempts"]) for each in row["users"]],
        "errorPatterns": [_pattern(each, totals["failed"]) for each in row["patterns"]],
        "hours": [_hour(each) for each in row["hours"]],
        "peakHours": _peaks(row["hours"]),
        "recommendations": advice,
        "note": _note(totals["attempts"], advice),
    }


def _read(request: Request, period: Period, zone: str) -> dict[str, Any]:
    try:
        return ask(request, "insights", **period.values, zone=zone, rows=request.query["top"])
    except DatabaseError as error:
        if error.sqlstate != _UNKNOWN_ZONE:
            raise
        wrong = {"field": "zone", "detail": "zone must be an IANA time zone such as America/New_York"}
        raise Problem(422, "the input is not valid", kind="invalid-input", errors=[wrong]) from None


def _note(attempts: int, advice: list[Json]) -> str | None:
    if attempts < ENOUGH_ATTEMPTS:
        return f"With fewer than {ENOUGH_ATTEMPTS} attempts nothing is recommended."
    return None if advice else "No figure crosses its bound; there is nothing to change."


def _counts(row: Mapping[str, Any]) -> Json:
    return {
        "attempts": row["attempts"],
        "succeeded": row["succeeded"],
        "failed": row["failed"],
        "successRate": success_rate(row),
    }


def _day(row: Mapping[str, Any]) -> Json:
    return {"date": row["date"], **_counts(row), "p95DurationMs": row["duration_p95"], "p95WaitedMs": row["waited_p95"]}


def _type(row: Mapping[str, Any], attempts: int) -> Json:
    return {
        "jobType": row["job_type"],
        **_counts(row),
        "share": rate(row["attempts"], attempts),
        "averageDurationMs": row["duration_average"],
        "p95DurationMs": row["duration_p95"],
    }


def _user(row: Mapping[str, Any], attempts: int) -> Json:
    return {
        "userId": row["user_id"],
        **_counts(row),
        "share": rate(row["attempts"], attempts),
        "p95WaitedMs": row["waited_p95"],
    }


def _pattern(row: Mapping[str, Any], failed: int) -> Json:
    return {
        "errorType": row["error_type"],
        "jobType": row["job_type"],
        "pattern": row["pattern"],
        "count": row["count"],
        "share": rate(row["count"], failed),
        "users": row["users"],
        "firstAt": moment(row["first_at"]),
        "lastAt": moment(row["last_at"]),
    }


def _hour(row: Mapping[str, Any]) -> Json:
    return {
        "hour": row["hour"],
        "attempts": row["attempts"],
        "failed": row["failed"],
        "p95WaitedMs": row["waited_p95"],
    }


def _peaks(hours: list[Mapping[str, Any]]) -> list[int]:
    """Return the hours in which most was begun, the busiest first; none where nothing was."""
    busiest = sorted((row for row in hours if row["attempts"]), key=lambda row: (-row["attempts"], row["hour"]))
    return [row["hour"] for row in busiest[:_PEAKS]]
