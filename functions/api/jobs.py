"""`GET /api/jobs`: every job with its schedule, its state, and who holds its lock; pausing and resuming one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api import locks, runs
from api.answers import timestamp
from api.catalogue import Catalogue, Entry
from api.log import log
from api.states import MOST_FAILURES, late_time, state_of
from nightshift import Choice, Text
from nightshift.errors import LockError
from nightshift.routes import Guard, Json, Request, Route
from nightshift.sql import queries
from nightshift.wording import schedule_in_words, title

if TYPE_CHECKING:
    from nightshift.platform import Platform

_LONGEST_REASON = 300


def routes(catalogue: Catalogue) -> tuple[Route, ...]:
    """Return the route over all jobs, and those that pause and resume one."""

    def every(request: Request) -> Json:
        return {"jobs": overview(request.platform, catalogue, datetime.now(UTC))}

    job = (Choice("job", catalogue.names),)
    reason = (Text("reason", max_length=_LONGEST_REASON, description="Why, for who comes after you."),)
    jobs, one = ({"$ref": f"#/components/schemas/{name}"} for name in ("Jobs", "Pausing"))
    return (
        Route("GET", "/api/jobs", Guard.READ, every, "Every job and its state", schema=jobs),
        Route("POST", "/api/jobs/{job}/pause", Guard.ADMIN, _pause, "Skip a job's scheduled runs until it is resumed",
              path_parameters=job, body=reason, schema=one),
        Route("POST", "/api/jobs/{job}/resume", Guard.ADMIN, _resume, "Let a job's scheduled runs go on",
              path_parameters=job, body=reason, schema=one),
    )  # fmt: skip


def overview(platform: Platform, catalogue: Catalogue, now: datetime) -> list[Json]:
    """Return every job as callers see it, read with one statement and one request for the locks."""
    sql = queries("api", "jobs.sql")["overview"]
    rows = platform.database.read(sql, jobs=list(catalogue.names), most_failures=MOST_FAILURES)
    facts = {row["name"]: row for row in rows}
    held = _held(platform, catalogue)
    return [_view(entry, facts[entry.job.name], held.get(entry.job.name), now) for entry in catalogue]


def _held(platform: Platform, catalogue: Catalogue) -> dict[str, Mapping[str, Any]]:
    """Return the locks that are held, by their jobs; those named after data belong to no job as a whole."""
    names = {
        entry.job.lock_name({}): entry.job.name
        for entry in catalogue
        if entry.job.exclusive and not entry.job.locks_by_data
    }
    try:
        items = platform.locks.read_each(list(names))
    except LockError as error:
        # What the records say is worth more than nothing.
        log().warning("Jobs listed without their locks", error=str(error))
        return {}
    return {names[lock]: item for lock, item in items.items() if item.get("holder") and not locks.is_lapsed(item)}


def _view(entry: Entry, facts: Mapping[str, Any], item: Mapping[str, Any] | None, now: datetime) -> Json:
    state = state_of(entry, facts, now, is_held=item is not None)
    return {
        "name": entry.job.name,
        "title": title(entry.job.name),
        "description": entry.job.description,
        "schedule": entry.schedule.expression if entry.schedule else None,
        "scheduleInWords": schedule_in_words(entry.schedule) if entry.schedule else None,
        "zone": entry.zone,
        "enabled": entry.enabled,
        "paused": _paused(facts),
        "state": state.word,
        "stateReason": state.reason,
        "since": timestamp(state.since),
        "lastRun": runs.view(dict(facts)) if facts["id"] else None,
        "nextRun": timestamp(entry.next_run(now)),
        "lateAfter": timestamp(late_time(entry, facts, now)),
        "lock": locks.view(item, entry.job.name) if item else None,
    }


def _paused(facts: Mapping[str, Any] | None) -> Json | None:
    if not facts or not facts["paused_at"]:
        return None
    return {"by": facts["paused_by"], "at": timestamp(facts["paused_at"]), "reason": facts["pause_reason"]}


def _pause(request: Request) -> Json:
    """Pause a job; one that is paused already stays as it is, with its first reason."""
    job, reason, sql = request.path["job"], request.body["reason"], queries("api", "jobs.sql")
    database = request.platform.database
    with database.transaction(sql["pause"], job=job, who=request.principal, reason=reason or None) as changed:
        if changed:
            database.write(request.audit("pause-job", job, {"paused": None}, {"paused": _paused(changed[0])}))
        now = changed or database.write(sql["paused"], job=job)
    log().info("Job paused", job=job, principal=request.principal, reason=reason)
    return _in_force(job, now[0])


def _resume(request: Request) -> Json:
    """Resume a job; one that is not paused stays as it is."""
    job, reason, sql = request.path["job"], request.body["reason"], queries("api", "jobs.sql")
    database = request.platform.database
    with database.transaction(sql["paused"], job=job) as before:
        if before:
            now = {"paused": None, "reason": reason or None}
            database.write(request.audit("resume-job", job, {"paused": _paused(before[0])}, now))
            database.write(sql["resume"], job=job)
    log().info("Job resumed", job=job, principal=request.principal, reason=reason)
    return _in_force(job, None)


def _in_force(job: str, facts: Mapping[str, Any] | None) -> Json:
    paused = _paused(facts)
    said = (
        "Its scheduled runs are skipped; started by hand or over HTTP it runs."
        if paused
        else "Its scheduled runs go on."
    )
    return {"job": job, "isPaused": paused is not None, "paused": paused, "detail": said}
