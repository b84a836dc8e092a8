"""`/login` and `/logout`: a secret opens a session, and a button ends it."""

from __future__ import annotations

import re
from collections.abc import Callable

from api import sessions
from api.guards import ANYONE
from api.log import log
from api.pages import attempts, frame
from nightshift import Text
from nightshift.routes import Guard, Problem, Request, Response, Route

# Returns the Set-Cookie header of a new session, or None for a wrong secret.
SignIn = Callable[[str], str | None]

_NEXT = Text("next", max_length=1000, description="The page to go on with.")
# A path of ours: `//` and `/\` would lead a browser to another host.
_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def routes(sign_in: SignIn) -> tuple[Route, ...]:
    """Return the routes of signing in and out."""

    def enter(request: Request) -> Response:
        return _enter(request, sign_in)

    secret = Text("secret", max_length=500, description="The job, the admin or the read-only secret.")
    return (
        Route("GET", "/login", Guard.OPEN, _form, "Sign in", query=(_NEXT,), media_type=frame.MEDIA_TYPE),
        Route("POST", "/login", Guard.OPEN, enter, "Open a session", body=(secret, _NEXT), media_type=frame.MEDIA_TYPE,
              same_form={401: "The form again: a wrong secret"}, problems=("cross-site-write", "too-many-attempts")),
        Route("GET", "/logout", Guard.OPEN, _ask_out, "Sign out", media_type=frame.MEDIA_TYPE),
        Route("POST", "/logout", Guard.OPEN, _leave, "End the session", media_type=frame.MEDIA_TYPE,
              problems=("cross-site-write",)),
    )  # fmt: skip


def _form(request: Request) -> Response:
    return _page(request.query["next"])


def _enter(request: Request, sign_in: SignIn) -> Response:
    _refuse_strangers(request)
    wanted = request.body["next"]
    if not request.body["secret"]:
        return _page(wanted, "Enter a secret.", 422)
    attempts.claim(request.platform, request.source_ip)
    cookie = sign_in(request.body["secret"].strip())
    if cookie is None:
        log().warning("Sign-in refused", source_ip=request.source_ip, request_id=request.id)
        return _page(wanted, "This secret is wrong.", 401)
    attempts.give_back(request.platform, request.source_ip)
    log().info("Signed in", source_ip=request.source_ip, request_id=request.id)
    return frame.redirect(_own(wanted), {"Set-Cookie": cookie})


def _ask_out(_request: Request) -> Response:
    html = frame.render("logout.html", ANYONE, "", title="Sign out")
    return frame.standing(html, 200)


def _leave(request: Request) -> Response:
    _refuse_strangers(request)
    return frame.redirect("/login", {"Set-Cookie": sessions.CLOSED})


def _page(wanted: str | None, wrong: str = "", status: int = 200) -> Response:
    html = frame.render("login.html", ANYONE, "", title="Sign in", next=_own(wanted), wrong=wrong)
    return frame.standing(html, status)


def _refuse_strangers(request: Request) -> None:
    """Refuse a form that another site has sent: nobody is signed in or out by a page elsewhere."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem(403, "this form must be sent from its own page", kind="cross-site-write")


def _own(path: str | None) -> str:
    return path if path and _OWN_PATH.fullmatch(path) else "/"
