"""Routes that start a job: acquire, record, wake the worker, answer; the work itself is done elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import uuid4

from api import locks, runs, waiting
from api.catalogue import Catalogue, Entry
from nightshift import Job, handover
from nightshift.errors import LockRefused
from nightshift.lease import Refusal
from nightshift.routes import Guard, Json, Problem, Request, Response, Route, Trigger

# How the audit log calls it.
STARTED = "start-job"
_RUN_FORM = {"$ref": "#/components/schemas/Run"}
_ANY_FORM = {"type": "object"}


def of_all_jobs(catalogue: Catalogue, declared: Sequence[Trigger]) -> tuple[Trigger, ...]:
    """Return the declared triggers and `POST /api/jobs/{job}` for every job whose domain does not declare it."""
    own = {trigger.path for trigger in declared}
    general = (
        Trigger(f"/api/jobs/{entry.job.name}", entry.job, Guard.JOB, f"Start {entry.job.name}: {entry.job.description}")
        for entry in catalogue
    )
    return (*declared, *(trigger for trigger in general if trigger.path not in own))


def route(trigger: Trigger, entry: Entry) -> Route:
    """Return the route that answers a trigger."""

    def answer(request: Request) -> Response:
        return _start(trigger, entry, request)

    return Route(
        "POST",
        trigger.path,
        trigger.guard,
        answer,
        trigger.summary,
        body=trigger.job.given,
        required=tuple(name for name in trigger.job.lock_parameters if name not in trigger.job.internal),
        schema=trigger.schema or (_ANY_FORM if trigger.present else _RUN_FORM),
        invalid_status=trigger.invalid_status,
        # What it finds for the caller may not be there.
        problems=("not-found",) if trigger.job.fill_in else (),
    )


def _start(trigger: Trigger, entry: Entry, request: Request) -> Response:
    wait_s, applied = waiting.preference(request.headers.get("prefer", ""), trigger.waits_s)
    until = min(time.monotonic() + wait_s, request.deadline)
    run = _accepted(trigger, entry, request)
    finished = waiting.finished_run(request.platform.database, run["runId"], until)
    headers = {"Location": run["statusUrl"], **({"Preference-Applied": applied} if applied else {})}
    body = finished or run
    return Response(trigger.present(body) if trigger.present else body, 200 if finished else 202, headers)


def _accepted(trigger: Trigger, entry: Entry, request: Request) -> Json:
    """Start the job, or join who runs it already; return the run as far as it is known."""
    job, platform = trigger.job, request.platform
    who = f"HTTP caller with the {request.principal} secret"
    try:
        params = job.filled_in(platform, request.body)
        run_id, status = str(uuid4()), "queued"
        audit = request.audit(STARTED, job.name, after={"runId": run_id, "params": params})
        handover.accept(platform, job, entry.function, params, who, run_id=run_id, audit=audit)
    except LockRefused as error:
        refusal = error.refusal
        if not (trigger.joins and refusal.holder and refusal.run_id):
            raise refused(job, refusal) from None
        run_id, status = refusal.run_id, "running"
    return {"runId": run_id, "job": job.name, "status": status, "statusUrl": runs.status_url(run_id)}


def refused(job: Job, refusal: Refusal) -> Problem:
    """Return the problem of a job that runs already: who holds its lock, since when, until when."""
    retry_s = refusal.retry_after_s(time.time_ns() // 1_000_000)
    running = refusal.holder is not None
    return Problem(
        429,
        f"{job.name} runs already" if running else f"{job.name} ran a moment ago and may run again in {retry_s} s",
        kind="already-running" if running else "too-soon",
        headers={"Retry-After": str(retry_s)},
        members={
            "job": job.name,
            "lock": refusal.name,
            "holder": refusal.holder,
            "who": refusal.who,
            "runId": refusal.run_id,
            "since": locks.moment(refusal.since_ms),
            "until": locks.moment(refusal.until_ms),
        },
    )
