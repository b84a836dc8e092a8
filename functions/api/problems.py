"""The page on every kind of problem, to which the `type` of an answer leads."""

from __future__ import annotations

from nightshift.problems import KINDS, PAGE, Kind
from nightshift.routes import Guard, Request, Response, Route

_HEAD = """# Problems

What the door refuses is answered as `application/problem+json` (RFC 9457). The `type` of such an answer names its kind
and leads to this page; it does not change. `title` and `detail` are for people and may. `status` repeats the HTTP
status, `instance` the path, `requestId` finds the request in the log, and `errors` names every wrong value with its
field and what would be right. Some kinds bring facts of their own, such as who holds a lock.
"""


def routes() -> tuple[Route, ...]:
    """Return the route of the page."""
    return (
        Route("GET", PAGE, Guard.OPEN, _page, "What each kind of problem means", media_type="text/markdown"),
    )  # fmt: skip


def page() -> str:
    """Return the page as Markdown; `docs/problems.md` is the same text."""
    return "\n".join((_HEAD, *(_section(kind) for kind in KINDS.values())))


def _section(kind: Kind) -> str:
    statuses = ", ".join(map(str, kind.statuses))
    return f"## {kind.name}\n\n**{kind.title}** ({statuses}). {kind.meaning}\n\nWhat to do: {kind.remedy}\n"


def _page(_request: Request) -> Response:
    return Response(page(), 200, {"Content-Type": "text/markdown; charset=utf-8"})
