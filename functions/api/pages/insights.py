"""`/insights`: how the puppet jobs have gone over days, types, users and hours, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.pages import frame
from api.pages.days import Day, begin_of, end_of
from api.pages.figures import TABLES, charts, figures
from api.pages.moments import duration
from api.pages.site import Site
from api.pages.tables import FORMAT, Filter, Table, exported, here
from nightshift import Choice, Text
from nightshift.errors import DatabaseTimeout
from nightshift.routes import Guard, Json, Problem, Request, Response, Route

PATH: Final = "/insights"
_FROM = Day("from", "The first day that counts; 30 days ago where none is given.")
_TO = Day("to", "The last day that counts; today where none is given.")
_TYPE = Text("jobType", description="Only jobs of this type.")
_USER = Text("userId", description="Only jobs of this user.")
_ZONE = Text("zone", description="The zone of days and hours, such as America/New_York; UTC where none is given.")
_LIST = Choice("list", tuple(TABLES), "daily", "Which list, as a file.")
_FIELDS: Final = ((_FROM, "From", "date"), (_TO, "To", "date"), (_TYPE, "Job type", "text"), (_USER, "User", "text"),
                  (_ZONE, "Zone", "text"))  # fmt: skip
_SPANS: Final = (1, 7, 30, 90, 365)
_MOST, _SHOWN = 100, 20


def routes(site: Site) -> tuple[Route, ...]:
    """Return the route of the page."""

    def one(request: Request) -> Response:
        filters = [Filter(parameter, label, request.query[parameter.name], kind) for parameter, label, kind in _FIELDS]
        facts: Json = {"title": "Puppet insights", "filters": filters, "path": PATH}
        try:
            found, metrics = _read(site, request)
        except (Problem, DatabaseTimeout) as error:
            # The form stays, so that one can ask for less, or for what there is.
            status = error.status if isinstance(error, Problem) else 503
            if request.query["format"] != "html" or (status >= 500 and not _is_too_much(error)):
                raise
            return frame.page(request, "insights_refused.html", PATH, status, **facts, said=_said(error))
        tables = {name: _table(name, make(found, metrics), request) for name, make in TABLES.items()}
        chosen = request.query["list"]
        return exported(request, tables[chosen], f"insights-{chosen}") or frame.page(
            request, "insights.html", PATH, **facts, found=found, tables=tables, spans=_spans(request, found),
            is_empty=not found["byUser"],
            figures=figures(found, metrics), charts=charts(found), advice=[_advice(each) for each in
                                                                           found["recommendations"]],
        )  # fmt: skip

    query = (FORMAT, _LIST, *(parameter for parameter, _, _ in _FIELDS))
    return (Route("GET", PATH, Guard.READ, one, "Puppet insights", query=query, media_type=frame.MEDIA_TYPE),)


def _read(site: Site, request: Request) -> tuple[Json, Json]:
    asked = request.query
    zone = _zone(asked["zone"])
    period = {
        "from": begin_of(asked["from"], zone), "to": end_of(asked["to"], zone), "jobType": asked["jobType"],
        "userId": asked["userId"],
    }  # fmt: skip
    top = _SHOWN if asked["format"] == "html" else _MOST
    found = site.api.get(request, "/api/cron/insights", {**period, "zone": asked["zone"], "top": top})
    # The same span of time, to the moment.
    same = {**period, "from": found["from"], "to": found["to"], "batches": 1}
    return found, site.api.get(request, "/api/cron/metrics", same)


def _zone(name: str | None) -> ZoneInfo:
    """Return the zone; the API itself says what is wrong with a name that is none."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _table(name: str, table: Table, request: Request) -> Table:
    return Table(table.caption, table.columns, table.rows, exports=here(request, PATH, list=name), empty=table.empty,
                 live="")  # fmt: skip


def _spans(request: Request, found: Json) -> list[tuple[str, str]]:
    """Return links to the last so many days."""
    today = datetime.fromisoformat(found["to"]).astimezone(_zone(request.query["zone"])).date()
    return [(_words(days), _since(request, today, days)) for days in _SPANS]


def _words(days: int) -> str:
    return "today" if days == 1 else f"{days} days"


def _since(request: Request, today: date, days: int) -> str:
    return here(request, PATH, **{"from": today - timedelta(days=days - 1), "to": None, "list": None})


def _advice(advice: Mapping[str, Any]) -> Json:
    figure = advice["figure"]
    is_time = figure["name"].endswith("Ms")
    written = duration if is_time else lambda value: f"{value:.1%}"
    return {**advice, "value": written(figure["value"]), "bound": written(figure["bound"])}


def _is_too_much(error: Exception) -> bool:
    return isinstance(error, DatabaseTimeout) or (isinstance(error, Problem) and error.kind == "too-much-to-read")


def _said(error: Problem | DatabaseTimeout) -> str:
    if isinstance(error, Problem):
        return "; ".join(each["detail"] for each in error.errors) or error.detail
    return "there is too much to read in so short a time; ask for fewer days, or for one job type or user"
