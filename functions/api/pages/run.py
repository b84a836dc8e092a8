"""`/runs/{id}`: one run: what it did, what went wrong and since when, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from api.catalogue import Entry
from api.pages import costs, frame, logs
from api.pages.marks import state
from api.pages.moments import count, duration, milliseconds, moment
from api.pages.navigation import WORK_OF_JOBS
from api.pages.site import Site
from api.pages.tables import Column, Table
from api.runs import OPEN_STATUSES
from nightshift import Text
from nightshift.parameters import UUID_PATTERN
from nightshift.routes import Guard, Json, Request, Response, Route

_BAD = ("failed", "lost")


def routes(site: Site) -> tuple[Route, ...]:
    """Return the route of the page."""

    def one(request: Request) -> Response:
        run = site.api.get(request, f"/api/runs/{request.path['id']}")
        job = _job(site, request, run["job"])
        zone = job["zone"] if job else "UTC"
        entry = site.catalogue[run["job"]] if job else None
        return frame.page(
            request, "run.html", "/", title=f"{job['title'] if job else run['job']}: {run['status']}",
            run=run, job=job, zone=zone, is_open=run["status"] in OPEN_STATUSES, is_bad=run["status"] in _BAD,
            advice=advice(run, job), again=_again(run, entry), facts=_facts(run, zone), counts=_counts(run),
            timing=_timing(run, zone), params=json.dumps(run["params"], indent=1, ensure_ascii=False, sort_keys=True),
            log=logs.of_run(entry.function, run) if entry else None, work=WORK_OF_JOBS.get(run["job"]),
        )  # fmt: skip

    return (
        Route("GET", "/runs/{id}", Guard.READ, one, "One run", media_type=frame.MEDIA_TYPE,
              path_parameters=(Text("id", max_length=36, pattern=UUID_PATTERN, form="the UUID of a run"),)),
    )  # fmt: skip


def advice(run: Json, job: Json | None) -> str:
    """Return what to do about a run that went wrong, in one or two sentences."""
    if job is None:
        return "This job is not deployed any more."
    if settled := _settled(run, job):
        return settled
    if run["status"] == "lost":
        return (
            "Its worker died or was frozen before it could say how it ended. What it had written stays, and the next"
            " run does what is left. Run it again if the next run is far off."
        )
    if run["processed"]:
        return "What it had done stays done; the next run goes on with the rest. Run it again once the reason is gone."
    return "It has changed nothing. Run it again once the reason is gone."


def _settled(run: Json, job: Json) -> str:
    """Return why nothing is to be done about this very run, or nothing."""
    last = job["lastRun"]
    if last and last["runId"] != run["runId"] and last["status"] == "succeeded":
        return "A later run has ended well: there is nothing left to do."
    if job["paused"]:
        return "The job is paused: resume it once the reason is gone, or run it once by hand."
    return "A newer run is at work: wait for how it ends." if job["state"] == "running" else ""


def _job(site: Site, request: Request, name: str) -> Json | None:
    found: list[Json] = site.api.get(request, "/api/jobs")["jobs"]
    return next((job for job in found if job["name"] == name), None)


def _again(run: Json, entry: Entry | None) -> str:
    """Return the form that starts the same again, filled in as this run was."""
    if entry is None:
        return ""
    given = {each.name for each in entry.job.given}
    params = {name: _typed(value) for name, value in run["params"].items() if name in given and value is not None}
    return f"/jobs/{run['job']}/run{'?' if params else ''}{urlencode(params)}"


def _typed(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _facts(run: Json, zone: str) -> list[tuple[str, Markup | str]]:
    cost = costs.of_run(run)
    return [
        ("State", state(run["status"])),
        ("Started by", Markup('{}<span class="sub">{}</span>').format(run["trigger"], run["who"])),
        ("For the tick of", moment(run["slot"], zone)),
        ("Took", duration(run["durationMs"])),
        ("Cost", cost or Markup('<span class="none">not known</span>')),
        ("Parts", f"{run['part']}, each an invocation of its own" if run["part"] > 1 else "1"),
        ("Lock", Markup("<code>{}</code>").format(run["lock"])),
        ("Run", Markup("<code>{}</code>").format(run["runId"])),
        ("Lambda request", Markup("<code>{}</code>").format(run["requestId"]) if run["requestId"] else "none"),
    ]


def _counts(run: Json) -> Table:
    rows = [("processed", run["processed"]), ("failed", run["failed"]), *_flat(run["metadata"])]
    columns = (
        Column("What", "what", lambda row: row["what"], lambda row: row["what"].replace("_", " ")),
        Column("How much", "value", lambda row: row["value"], lambda row: _shown(row["value"]), "number"),
    )
    return Table("What it did", columns, [{"what": what, "value": value} for what, value in rows], live="counts")


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the counts of a run, those of its parts by both names."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}: ")
        else:
            yield f"{above}{name}", value


def _shown(value: Any) -> str:
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return count(value) if is_count else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _timing(run: Json, zone: str) -> Table:
    """Return the steps of a run that are known: accepted, begun, ended."""
    steps = [("accepted", run["createdAt"]), ("begun", run["startedAt"]), ("ended", run["finishedAt"])]
    rows, before = [], None
    for name, at in steps:
        rows.append({"step": name, "at": at, "after": milliseconds(before, at) if before and at else None})
        before = at or before
    columns = (
        Column("Step", "step", lambda row: row["step"]),
        Column("At", "at", lambda row: row["at"], lambda row: moment(row["at"], zone, exact=True)),
        Column("After", "after", lambda row: row["after"], lambda row: duration(row["after"]), "number"),
    )
    return Table("Its steps in time", columns, rows, live="timing")
