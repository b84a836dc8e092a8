"""`/jobs/{job}`: one job, what is known of it, and its runs."""

from __future__ import annotations

from markupsafe import Markup

from api.pages import frame
from api.pages.jobs import holder, last_run, schedule
from api.pages.listing import MOST_ROWS, Listed, listed
from api.pages.marks import state
from api.pages.moments import count, duration, moment
from api.pages.site import Site
from api.pages.tables import FORMAT, LIMIT, Column, Filter, Row, Table, exported, here
from api.runs import STATUSES, TRIGGERS
from nightshift import Choice
from nightshift.cursor import CursorParameter
from nightshift.routes import Guard, Json, Request, Response, Route

_STATUS = Choice("status", STATUSES, description="Only runs that are in this state.")
_TRIGGER = Choice("trigger", TRIGGERS, description="Only runs that were started so.")


def routes(site: Site) -> tuple[Route, ...]:
    """Return the route of the page."""

    def one(request: Request) -> Response:
        name, path = request.path["job"], f"/jobs/{request.path['job']}"
        job = next(job for job in site.api.get(request, "/api/jobs")["jobs"] if job["name"] == name)
        asked = {field: request.query[field] for field in ("status", "trigger")}
        found = listed(site.api, request, f"/api/jobs/{name}/runs", "runs", asked)
        table = _table(request, path, job, found)
        filters = [Filter(_STATUS, "State", asked["status"]), Filter(_TRIGGER, "Started by", asked["trigger"])]
        return exported(request, table, f"runs-of-{name}") or frame.page(
            request, "job.html", "/", title=job["title"], job=job, path=path, table=table, filters=filters,
            facts=_facts(site, job), runs=found.rows,
        )  # fmt: skip

    return (
        Route("GET", "/jobs/{job}", Guard.READ, one, "One job and its runs", media_type=frame.MEDIA_TYPE,
              path_parameters=(Choice("job", site.catalogue.names),),
              query=(FORMAT, LIMIT, CursorParameter(), _STATUS, _TRIGGER)),
    )  # fmt: skip


def run_columns(zone: str) -> tuple[Column, ...]:
    """Return the columns of a list of runs, with times on the clocks of `zone`."""
    return (
        Column("Run", "runId", lambda run: run["runId"],
               lambda run: Markup('<a href="/runs/{}">{}</a>').format(
                   run["runId"], moment(run["createdAt"], zone, ago=True))),
        Column("State", "status", lambda run: run["status"], lambda run: state(run["status"])),
        Column("Started by", "trigger", lambda run: run["trigger"], _started_by),
        Column("Took", "durationMs", lambda run: run["durationMs"], lambda run: duration(run["durationMs"]), "number"),
        Column("Processed", "processed", lambda run: run["processed"], lambda run: count(run["processed"]), "number"),
        Column("Failed", "failed", lambda run: run["failed"], lambda run: count(run["failed"]), "number"),
        Column("Why", "error", lambda run: run["error"], why, "wide"),
    )  # fmt: skip


def why(run: Row) -> Markup | str:
    """Return what a run says of how it ended."""
    if not run["error"]:
        return ""
    return Markup('{}<span class="sub code">{}</span>').format(run["error"], run["errorClass"] or "")


def _started_by(run: Row) -> Markup:
    return Markup('{}<span class="sub">{}</span>').format(run["trigger"], run["who"])


def _table(request: Request, path: str, job: Json, found: Listed) -> Table:
    return Table(
        caption=f"Runs of {job['name']}, newest first",
        columns=run_columns(job["zone"]),
        rows=found.rows,
        more=here(request, path, cursor=found.after) if found.after else "",
        exports=here(request, path),
        empty="No run is like that." if request.query["status"] or request.query["trigger"] else "It has not run yet.",
        live="runs",
        limit=MOST_ROWS,
    )


def _facts(site: Site, job: Json) -> list[tuple[str, Markup | str]]:
    entry = site.catalogue[job["name"]]
    return [
        ("Schedule", schedule(job)),
        ("Last run", last_run(job) or "none yet"),
        ("Next run", moment(job["nextRun"], job["zone"], ago=True)),
        ("Late from", moment(job["lateAfter"], job["zone"])),
        ("Lock held by", holder(job) or "nobody"),
        ("At most", duration(entry.job.at_most_s * 1000)),
        ("Name", Markup("<code>{}</code>").format(job["name"])),
        ("Function", Markup("<code>{}</code>").format(entry.function)),
    ]
