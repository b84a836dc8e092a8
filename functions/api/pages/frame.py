"""A page as an answer: its template in the frame that all share, and the headers that keep strangers out of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.guards import ANYONE, READ
from api.pages import assets
from api.pages.navigation import NAVIGATION
from nightshift.routes import Request, Response

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER: Final = Path(__file__).parent / "templates"
MEDIA_TYPE: Final = "text/html"
# No script and no style but our own files, nothing from elsewhere, and nobody's frame.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    # What was on a screen is not left on a disk; our script keeps the ETag by itself.
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


def page(request: Request, template: str, here: str, status: int = 200, **facts: Any) -> Response:
    """Return a page.

    Args:
        request: who asks; the frame shows whose secret opened the session.
        template: a file of `templates/` that extends `frame.html`.
        here: the path of the menu's place that the page belongs to.
        status: of the answer.
        facts: what the template shows; everything in it is escaped that is not `Markup`.
    """
    return standing(render(template, request.principal, here, **facts), status)


def render(template: str, principal: str, here: str, **facts: Any) -> str:
    """Return the HTML of a page; the same facts give the same bytes."""
    frame = {
        "principal": principal,
        "may_write": principal not in (READ, ANYONE),
        "navigation": NAVIGATION if principal != ANYONE else (),
        "here": here,
        "css": assets.address("page.css"),
        "js": assets.address("page.js"),
        "icon": assets.address("icon.svg"),
    }
    return templates().get_template(template).render(**frame, **facts)


def standing(html: str, status: int, headers: dict[str, str] | None = None) -> Response:
    """Return HTML as an answer."""
    return Response(html, status, {**_HEADERS, **(headers or {})})


def redirect(path: str, headers: dict[str, str] | None = None) -> Response:
    """Send a browser to another page of ours, by GET."""
    return Response("", 303, {**_HEADERS, "Location": path, **(headers or {})})


@cache
def templates() -> Environment:
    """Return the templates; loaded at the first page, as callers of the API never need them."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from api.pages import marks, moments

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(state=marks.state, bars=marks.bars, moment=moments.moment)
    environment.filters.update(duration=moments.duration, count=moments.count)
    return environment
