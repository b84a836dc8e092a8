"""`/locks`: who holds what, since when, until when, and taking a lock from its holder."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlencode

from markupsafe import Markup

from api.guards import READ
from api.pages import confirming, frame
from api.pages.confirming import Step
from api.pages.marks import state
from api.pages.moments import moment
from api.pages.site import Site
from api.pages.tables import FORMAT, Column, Filter, Row, Table, exported, here
from api.pages.texts import quoted, visible
from nightshift import Text
from nightshift.routes import Guard, Json, Problem, Request, Response, Route

PATH: Final = "/locks"
_RELEASE: Final = "/locks/release"
_SHOWN = 500
_NAME = Text("name", max_length=500, description="Only locks with this in their name.")
_SEEN = (
    Text("name", max_length=500, description="The lock."),
    Text("job", description="The job that it belongs to, as it was shown."),
    Text("holder", description="The holder, as it was shown."),
)
# The lock of one product may outlive the record of its run; then its holder alone must be right.
_NO_JOB = "unknown"


def routes(site: Site) -> tuple[Route, ...]:
    """Return the routes of the page and of its form."""

    def every(request: Request) -> Response:
        return _page(site, request)

    def ask(request: Request) -> Response:
        seen = request.query
        lock = _lock(site, request, seen["name"])
        gone = None if lock and lock["holder"] == seen["holder"] else Problem(409, "this holder has it no more")
        return confirming.ask(request, _step(seen, lock), gone)

    def release(request: Request) -> Response:
        seen = request.body
        path = f"/api/locks/{quote(seen['name'], safe='')}/force-release"
        return confirming.do(
            request,
            _step(seen, None),
            lambda: site.api.post(request, path, {"job": seen["job"], "holder": seen["holder"]}),
        )

    page, names = frame.MEDIA_TYPE, ("name", "job", "holder")
    return (
        Route("GET", PATH, Guard.READ, every, "Every lock that is held", query=(FORMAT, _NAME), media_type=page),
        Route("GET", _RELEASE, Guard.ADMIN, ask, "Ask to release a lock", query=_SEEN, required=names, media_type=page),
        Route("POST", _RELEASE, Guard.ADMIN, release, "Release a lock", body=_SEEN, required=names, media_type=page),
    )


def _page(site: Site, request: Request) -> Response:
    name = request.query["name"]
    found = [lock for lock in site.api.get(request, "/api/locks")["locks"] if name is None or name in lock["name"]]
    is_file = request.query["format"] != "html"
    columns = _COLUMNS if request.principal == READ or is_file else (*_COLUMNS, _DO)
    table = Table("Locks that are held", columns, found if is_file else found[:_SHOWN], exports=here(request, PATH),
                  empty="No lock has this in its name." if name else "No lock is held: no job is at work.",
                  live="locks")  # fmt: skip
    return exported(request, table, "locks") or frame.page(
        request, "locks.html", PATH, title="Locks", table=table, path=PATH, left_out=max(0, len(found) - _SHOWN),
        filters=[Filter(_NAME, "Name contains", name)],
    )  # fmt: skip


def _lock(site: Site, request: Request, name: str) -> Json | None:
    locks: list[Json] = site.api.get(request, "/api/locks")["locks"]
    return next((lock for lock in locks if lock["name"] == name), None)


def _step(seen: Json | Row, lock: Json | None) -> Step:
    facts = [("Lock", quoted(seen["name"])), ("Job", quoted(seen["job"])), ("Holder", quoted(seen["holder"]))]
    if lock:
        facts += [("Held by", quoted(lock["who"])), ("Since", moment(lock["since"], ago=True)),
                  ("Until, at most", moment(lock["until"], ago=True)), ("State", _state(lock))]  # fmt: skip
    return Step(
        "Take this lock from its holder?",
        "Whoever holds it writes nothing any more from then on, and another run may begin at once. Do so only if you"
        " know that its worker is gone, or if it must be stopped: what it has begun is left as it is.",
        "Release it",
        _RELEASE,
        PATH,
        {"name": seen["name"], "job": seen["job"], "holder": seen["holder"]},
        facts,
        is_risky=True,
    )


def _state(lock: Row) -> Markup:
    if not lock["lapsed"]:
        return state("held")
    return Markup('{}<span class="sub">its holder is gone; the next to come takes it</span>').format(state("lapsed"))


def _holder(lock: Row) -> Markup | str:
    who = quoted(lock["who"] or lock["holder"])
    shown = Markup('<a href="/runs/{}">{}</a>').format(lock["runId"], who) if lock["runId"] else who
    return Markup('{}<span class="sub code">{}</span>').format(shown, lock["holder"])


def _job(lock: Row) -> Markup | str:
    return Markup('<a href="/jobs/{0}">{0}</a>').format(lock["job"]) if lock["job"] else ""


def _release(lock: Row) -> Markup:
    query = urlencode({"name": lock["name"], "job": lock["job"] or _NO_JOB, "holder": lock["holder"]})
    return Markup(
        '<a class="button risky" href="{}?{}" data-dialog aria-label="Release {}">Release</a>'
    ).format(_RELEASE, query, visible(lock["name"]))  # fmt: skip


_DO: Final = Column("Do", "", lambda _: None, _release, "acts")
_COLUMNS: Final = (
    Column("Lock", "name", lambda lock: lock["name"], lambda lock: quoted(lock["name"]), "why"),
    Column("Job", "job", lambda lock: lock["job"], _job),
    Column("State", "state", lambda lock: "lapsed" if lock["lapsed"] else "held", _state),
    Column("Holder", "holder", lambda lock: lock["holder"], _holder, "why"),
    Column("Since", "since", lambda lock: lock["since"], lambda lock: moment(lock["since"], ago=True)),
    Column("Until, at most", "until", lambda lock: lock["until"], lambda lock: moment(lock["until"], ago=True)),
)
