"""What a browser is shown where a program would get a problem: the same facts as a page, or the way to sign in."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from api.guards import ANYONE
from api.incoming import Incoming
from api.pages import frame
from nightshift.routes import Problem, Response


def refuse(problem: Problem, incoming: Incoming) -> Response:
    """Return a problem as a page; whoever only has to sign in is sent there, and comes back afterwards."""
    sign_in = _sign_in(incoming)
    if problem.status == 401 and incoming.is_read:
        return frame.redirect(sign_in)
    html = frame.render(
        "problem.html",
        ANYONE,
        "",
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=_sentence(problem.detail),
        errors=[{"field": error.get("field", ""), "detail": error["detail"]} for error in problem.errors],
        facts=[(name, value) for name, value in problem.members.items() if value is not None],
        sign_in=sign_in if problem.status == 401 else "",
        request_id=incoming.id,
    )
    return frame.standing(html, problem.status, problem.headers)


def _sign_in(incoming: Incoming) -> str:
    asked = f"{incoming.path}?{incoming.query_string}" if incoming.query_string else incoming.path
    return f"/login?{urlencode({'next': asked})}" if incoming.is_read and asked != "/" else "/login"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
