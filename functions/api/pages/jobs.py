"""`/`: every job in a row, with its state and why, its last runs as bars, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from api.guards import READ
from api.pages import frame
from api.pages.marks import BARS, bars, state
from api.pages.moments import duration, moment
from api.pages.site import Site
from api.pages.tables import FORMAT, Column, Row, Table, exported
from api.states import STATES
from nightshift.routes import Guard, Json, Request, Response, Route
from nightshift.sql import queries

# What somebody should look at, the worst first.
_TROUBLE = ("failed", "late")


def routes(site: Site) -> tuple[Route, ...]:
    """Return the route of the page."""

    def every(request: Request) -> Response:
        found = site.api.get(request, "/api/jobs")["jobs"]
        history = _history(request, site.catalogue.names)
        table = _table(found, history, may_write=request.principal != READ)
        return exported(request, table, "jobs") or frame.page(
            request, "jobs.html", "/", title="Jobs", table=table, trouble=_trouble(found), counts=_counts(found)
        )

    return (
        Route("GET", "/", Guard.READ, every, "Every job and its state", query=(FORMAT,), media_type=frame.MEDIA_TYPE),
    )


def _history(request: Request, names: Sequence[str]) -> dict[str, list[Json]]:
    query = queries("api.pages", "bars.sql")["newest_runs"]
    return {row["job"]: row["runs"] for row in request.platform.database.read(query, jobs=list(names), most=BARS)}


def schedule(job: Row) -> Markup | str:
    """Return when a job runs, in words and with the zone of its clocks."""
    if not job["scheduleInWords"]:
        return Markup('<span class="none">by callers only</span>')
    note = job["zone"] if job["enabled"] else f"{job['zone']}, switched off"
    return Markup('{}<span class="sub zone">{}</span>').format(job["scheduleInWords"], note)


def last_run(job: Row) -> Markup | str:
    """Return when a job last ran, how that ended, and how long it took."""
    run = job["lastRun"]
    if run is None:
        return ""
    return Markup('<a href="/runs/{}">{}</a><span class="sub">{}</span>').format(
        run["runId"],
        moment(run["createdAt"], job["zone"], ago=True),
        f"{run['status']}, {duration(run['durationMs'])}" if run["durationMs"] is not None else run["status"],
    )


def holder(job: Row) -> Markup | str:
    """Return who holds a job's lock."""
    lock = job["lock"]
    if lock is None:
        return ""
    who = lock["who"] or lock["holder"]
    return Markup('<a href="/runs/{}">{}</a>').format(lock["runId"], who) if lock["runId"] else who


def actions(job: Row) -> Markup:
    """Return what can be done with a job."""
    name = job["name"]
    run = Markup('<a class="button" href="/jobs/{0}/run" data-dialog aria-label="Run {0} now">Run now</a>').format(name)
    if job["paused"]:
        return run + Markup(
            '<form class="action" method="post" action="/jobs/{0}/resume">'
            '<button aria-label="Resume {0}">Resume</button></form>'
        ).format(name)
    return run + Markup(
        '<a class="button quiet" href="/jobs/{0}/pause" data-dialog aria-label="Pause {0}">Pause</a>'
    ).format(name)


def _table(found: Sequence[Row], history: Mapping[str, Sequence[Row]], *, may_write: bool) -> Table:
    columns = [
        Column("Job", "name", lambda job: job["name"], _name),
        Column("State", "state", lambda job: job["state"], _state, kind="why"),
        Column("Last 60 runs", "history", lambda job: _words(history[job["name"]]),
               lambda job: bars(history[job["name"]], job["zone"], job["title"])),
        Column("Schedule", "schedule", lambda job: job["schedule"], schedule),
        Column("Last run", "lastRun", lambda job: job["lastRun"] and job["lastRun"]["createdAt"], last_run),
        Column("Next run", "nextRun", lambda job: job["nextRun"],
               _next_run),
        Column("Lock", "lockHolder", lambda job: job["lock"] and job["lock"]["who"], holder),
    ]  # fmt: skip
    if may_write:
        columns.append(Column("Do", "", lambda _: None, actions, kind="acts"))
    return Table("Every job", columns, found, exports="/", live="jobs", empty="No job is declared.")


def _name(job: Row) -> Markup:
    return Markup('<a href="/jobs/{0}">{1}</a><span class="sub code">{0}</span>').format(job["name"], job["title"])


def _state(job: Row) -> Markup:
    if job["state"] == "ok":
        note = job["stateReason"] if job["lastRun"]["failed"] else ""
        return state(job["state"]) + Markup('<span class="sub">{}</span>').format(note)
    since = (
        Markup('<span class="sub">since {}</span>').format(moment(job["since"], job["zone"])) if job["since"] else ""
    )
    return Markup('{}{}<span class="sub reason">{}</span>').format(state(job["state"]), since, job["stateReason"])


def _next_run(job: Row) -> Markup:
    if job["paused"] and job["nextRun"]:
        return Markup('{}<span class="sub">skipped while paused</span>').format(moment(job["nextRun"], job["zone"]))
    return moment(job["nextRun"], job["zone"], ago=True)


def _words(runs: Sequence[Mapping[str, Any]]) -> str:
    """Write the bars as words, the oldest run first."""
    return " ".join(run["status"] for run in reversed(runs))


def _trouble(found: Sequence[Json]) -> list[Json]:
    return sorted((job for job in found if job["state"] in _TROUBLE), key=lambda job: _TROUBLE.index(job["state"]))


def _counts(found: Sequence[Json]) -> list[tuple[str, int]]:
    words = [job["state"] for job in found]
    return [(word, words.count(word)) for word in STATES if word in words]
