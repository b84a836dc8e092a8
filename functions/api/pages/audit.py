"""`/audit`: who changed what, with what it was before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup

from api.pages import frame
from api.pages.changes import changed
from api.pages.days import Day, begin_of
from api.pages.listing import MOST_ROWS, listed
from api.pages.moments import moment
from api.pages.site import Site
from api.pages.tables import FORMAT, LIMIT, Column, Filter, Row, Table, exported, here
from api.pages.texts import quoted
from nightshift import Text
from nightshift.cursor import CursorParameter
from nightshift.routes import Guard, Request, Response, Route

PATH: Final = "/audit"
_SUBJECT = Text("subject", 500, description="Only what was done to this.")
_ACTION = Text("action", 100, description="Only what was done so.")
_WHO = Text("who", description="Only what was done by this principal.")
_SINCE = Day("since", "Only what was done on this day (UTC) or later.")


def routes(site: Site) -> tuple[Route, ...]:
    """Return the route of the page."""

    def every(request: Request) -> Response:
        asked = {name: request.query[name] for name in ("subject", "action", "who")}
        since = request.query["since"]
        found = listed(site.api, request, "/api/audit", "entries", {**asked, "since": begin_of(since, ZoneInfo("UTC"))})
        table = Table(
            "Changes, newest first",
            _COLUMNS,
            found.rows,
            more=here(request, PATH, cursor=found.after) if found.after else "",
            exports=here(request, PATH),
            empty="No entry is like that." if since or any(asked.values()) else "Nobody has changed anything yet.",
            live="entries",
            limit=MOST_ROWS,
        )
        filters = [
            Filter(_SUBJECT, "Subject", asked["subject"]),
            Filter(_ACTION, "Action", asked["action"]),
            Filter(_WHO, "Who", asked["who"]),
            Filter(_SINCE, "Since (UTC)", since, "date"),
        ]
        return exported(request, table, "audit") or frame.page(
            request, "audit.html", PATH, title="Audit log", table=table, filters=filters, path=PATH
        )

    query = (FORMAT, LIMIT, CursorParameter(int), _SUBJECT, _ACTION, _WHO, _SINCE)
    return (Route("GET", PATH, Guard.READ, every, "The audit log", query=query, media_type=frame.MEDIA_TYPE),)


def _linked(name: str) -> Callable[[Row], Markup]:
    """Return how a column shows a value: with all entries that have the same."""
    return lambda row: Markup('<a href="{}?{}={}">{}</a>').format(PATH, name, quote(row[name]), quoted(row[name]))


_COLUMNS: Final = (
    Column("When", "at", lambda row: row["at"], lambda row: moment(row["at"], ago=True, exact=True)),
    Column("Who", "who", lambda row: row["who"], _linked("who"), "short"),
    Column("Action", "action", lambda row: row["action"], _linked("action"), "short"),
    Column("Subject", "subject", lambda row: row["subject"], _linked("subject"), "wide"),
    Column("Change", "", lambda _: None, lambda row: changed(row["before"], row["after"]), "wide"),
    Column("Before", "before", lambda row: row["before"], in_files_only=True),
    Column("After", "after", lambda row: row["after"], in_files_only=True),
    Column("Request", "requestId", lambda row: row["requestId"], lambda row: quoted(row["requestId"]), "code"),
)
