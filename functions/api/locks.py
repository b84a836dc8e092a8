"""`GET /api/locks` and the release of a lock by hand: who holds what, since when, until when."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from api.answers import timestamp
from api.catalogue import Catalogue
from api.log import log
from nightshift import Text
from nightshift.errors import DatabaseError
from nightshift.routes import Guard, Json, Problem, Request, Route
from nightshift.sql import queries

if TYPE_CHECKING:
    from nightshift.database import Database

# What a refusal tells of a lock.
_SHOWN = ("job", "holder", "who", "runId", "since", "until")


def routes(catalogue: Catalogue) -> tuple[Route, ...]:
    """Return the routes over locks."""

    def every(request: Request) -> Json:
        return {"locks": _held(request, catalogue)}

    def release(request: Request) -> Json:
        return _force_release(request, catalogue)

    return (
        Route("GET", "/api/locks", Guard.READ, every, "Every lock that has a holder",
              schema={"$ref": "#/components/schemas/Locks"}),
        Route(
            "POST",
            "/api/locks/{name}/force-release",
            Guard.ADMIN,
            release,
            "Take a lock from its holder, named as a refusal or the list of locks shows it",
            path_parameters=(Text("name", max_length=500, form="the name of a lock"),),
            body=(
                Text("job", description="The job that the lock belongs to, as it was shown."),
                Text("holder", description="The holder, as it was shown."),
            ),
            required=("job", "holder"),
            schema={"$ref": "#/components/schemas/Released"},
        ),
    )  # fmt: skip


def view(item: Mapping[str, Any], job: str | None) -> Json:
    """Return a lock's item as callers see it."""
    until_ms = item.get("until_ms") or 0
    return {
        "name": item["pk"],
        "job": job,
        "holder": item.get("holder"),
        "who": item.get("who"),
        "runId": item.get("run_id"),
        "since": moment(item.get("since_ms")),
        "until": moment(until_ms),
        "fence": item.get("fence"),
        "lapsed": is_lapsed(item),
    }


def is_lapsed(item: Mapping[str, Any]) -> bool:
    """Return whether the lease is over: its holder died, and the next to come may take the lock."""
    return int(item.get("until_ms") or 0) <= time.time_ns() // 1_000_000


def moment(epoch_ms: int | None) -> str | None:
    """Write the time of a lock, which counts in milliseconds."""
    return timestamp(datetime.fromtimestamp(epoch_ms / 1000, UTC)) if epoch_ms else None


def _held(request: Request, catalogue: Catalogue) -> list[Json]:
    items = request.platform.locks.held()
    jobs = _jobs(request.platform.database, items, catalogue)
    return [view(item, jobs[item["pk"]]) for item in items]


def _jobs(database: Database, items: Sequence[Mapping[str, Any]], catalogue: Catalogue) -> dict[str, str | None]:
    """Return the job of each lock: by its name, or by the run that holds it (the lock of one product)."""
    jobs = {item["pk"]: catalogue.job_of_lock(item["pk"]) for item in items}
    unnamed = [item for item in items if not jobs[item["pk"]] and _is_uuid(item.get("run_id"))]
    if not unnamed:
        return jobs
    try:
        rows = database.read(queries("api")["jobs_of_runs"], runs=sorted({item["run_id"] for item in unnamed}))
    except DatabaseError as error:
        # The locks are most needed when something else is down.
        log().warning("Locks listed without their runs", error=str(error))
        return jobs
    job_of_run = {str(row["id"]): row["job"] for row in rows}
    return {**jobs, **{item["pk"]: job_of_run.get(item["run_id"]) for item in unnamed}}


def _force_release(request: Request, catalogue: Catalogue) -> Json:
    name, job, holder = request.path["name"], request.body["job"], request.body["holder"]
    platform = request.platform
    shown = _look(request, catalogue)
    # The lock of one product may outlive the record of its run; then its holder alone must be right.
    if shown["holder"] != holder or shown["job"] not in (job, None):
        raise _another(shown)
    before = {"job": job, **{field: shown[field] for field in ("holder", "who", "runId", "since", "until")}}
    # Inside the transaction: no release without its entry, and no entry without its release.
    with platform.database.transaction(request.audit("force-release", name, before, {"holder": None})):
        if not platform.locks.force_release(name, holder, request.principal):
            # It has changed hands since we looked.
            raise _another(_look(request, catalogue))
    log().warning("Lock released by hand", lock=name, principal=request.principal, **before)
    return {"released": True, "lock": name, "job": job, "holder": holder}


def _look(request: Request, catalogue: Catalogue) -> Json:
    name = request.path["name"]
    item = request.platform.locks.read(name)
    if item is None:
        raise Problem(404, "there is no lock of this name")
    return view(item, _jobs(request.platform.database, [item], catalogue)[name])


def _another(shown: Json) -> Problem:
    if shown["holder"] is None:
        return Problem(409, "nobody holds this lock", kind="lock-not-held")
    return Problem(
        409,
        "the lock is held by another job or holder than the one named; look again before taking it away",
        kind="lock-held-by-another",
        members={"lock": shown["name"], **{name: shown[name] for name in _SHOWN}},
    )


def _is_uuid(text: Any) -> bool:
    try:
        UUID(text)
    except (TypeError, ValueError, AttributeError):
        return False
    return True
