"""`GET /api/jobs`: every job with its schedule, its last and next run, and who holds its lock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api import locks, runs
from api.answers import timestamp
from api.catalogue import Catalogue, Entry
from nightshift.routes import Guard, Json, Request, Route
from nightshift.runs import QUEUE_WINDOW_S
from nightshift.sql import queries

if TYPE_CHECKING:
    from nightshift.platform import Platform

STATES = ("running", "idle", "failed", "disabled")


def routes(catalogue: Catalogue) -> tuple[Route, ...]:
    """Return the route over all jobs."""

    def every(request: Request) -> Json:
        last = _last_runs(request.platform, catalogue)
        now = datetime.now(UTC)
        return {"jobs": [_view(request.platform, entry, last.get(entry.job.name), now) for entry in catalogue]}

    schema = {"$ref": "#/components/schemas/Jobs"}
    return (Route("GET", "/api/jobs", Guard.READ, every, "Every job and its state", schema=schema),)


def _last_runs(platform: Platform, catalogue: Catalogue) -> Mapping[str, Mapping[str, Any]]:
    rows = platform.database.read(queries("api")["last_runs"], jobs=list(catalogue.names))
    return {row["job"]: row for row in rows}


def _view(platform: Platform, entry: Entry, last: Mapping[str, Any] | None, now: datetime) -> Json:
    has_one_lock = entry.job.exclusive and not entry.job.locks_by_data
    item = platform.locks.read(entry.job.lock_name({})) if has_one_lock else None
    is_held = item is not None and bool(item.get("holder")) and not locks.is_lapsed(item)
    return {
        "name": entry.job.name,
        "description": entry.job.description,
        "schedule": entry.schedule.expression if entry.schedule else None,
        "zone": entry.zone,
        "enabled": entry.enabled,
        "state": state(entry, last, is_held=is_held),
        "lastRun": runs.view(dict(last)) if last else None,
        "nextRun": timestamp(entry.next_run(now)),
        "lock": locks.view(item, entry.job.name) if item and is_held else None,
    }


def state(entry: Entry, last: Mapping[str, Any] | None, *, is_held: bool) -> str:
    """Return what is known of a job: `running`, `failed` (its last run did), `disabled` or `idle`."""
    status = last["status"] if last else None
    is_open = last is not None and status in runs.OPEN_STATUSES
    # An open record without a lock is a run that goes on unlocked, or one that died: its age tells.
    if is_held or (is_open and last is not None and last["age_s"] <= entry.job.at_most_s + QUEUE_WINDOW_S):
        return "running"
    if is_open or status in ("failed", "lost"):
        return "failed"
    return "idle" if entry.enabled else "disabled"
