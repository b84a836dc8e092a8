"""`/login` and `/logout`: a secret opens a session, and a button ends it; both are written to the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from api import sessions
from api.guards import ANYONE
from api.log import log
from api.pages import attempts, frame
from api.sessions import Opened
from nightshift import Text
from nightshift.audit import entry
from nightshift.errors import DatabaseError
from nightshift.routes import Guard, Problem, Request, Response, Route

# Returns a new session, or None for a wrong secret.
SignIn = Callable[[str], Opened | None]

_NEXT = Text("next", max_length=1000, description="The page to go on with.")
# A path of ours: `//` and `/\` would lead a browser to another host.
_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
# How the audit log calls what is done here, and what it comes to.
_SUBJECT = "dashboard"
_AFTER = {
    "sign-in": {"session": "opened"},
    "refuse-sign-in": {"session": None, "reason": "wrong secret"},
    "block-sign-in": {"session": None, "reason": "too many attempts"},
    "sign-out": {"session": "ended"},
}
# Somebody waits for the page.
_RECORD_S = 5.0


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
    try:
        attempts.claim(request.platform, request.source_ip)
    except attempts.TooManyAttempts as error:
        # Once a window: whoever goes on trying must not fill the audit log.
        if error.is_first:
            _record(request, "block-sign-in", ANYONE)
        raise error.problem from None
    session = sign_in(request.body["secret"].strip())
    if session is None:
        _record(request, "refuse-sign-in", ANYONE)
        return _page(wanted, "This secret is wrong.", 401)
    attempts.give_back(request.platform, request.source_ip)
    _record(request, "sign-in", session.principal)
    return frame.redirect(_own(wanted), {"Set-Cookie": session.cookie})


def _ask_out(_request: Request) -> Response:
    html = frame.render("logout.html", ANYONE, "", title="Sign out")
    return frame.standing(html, 200)


def _leave(request: Request) -> Response:
    _refuse_strangers(request)
    if request.principal != ANYONE:
        _record(request, "sign-out", request.principal)
    return frame.redirect("/login", {"Set-Cookie": sessions.CLOSED})


def _record(request: Request, action: str, who: str) -> None:
    """Write down who did what; where the database is down, people must be able to sign in all the same.

    The address of the sender is in the log alone, which is kept for a shorter time (docs/adr/0295).
    """
    facts: dict[str, Any] = {
        "action": action,
        "principal": who,
        "source_ip": request.source_ip,
        "request_id": request.id,
    }
    log().info("Signing in", **facts)
    try:
        with request.platform.database.patience(_RECORD_S):
            request.platform.database.write(entry(who, action, _SUBJECT, after=_AFTER[action], request_id=request.id))
    except DatabaseError as error:
        log().warning("Sign-in not recorded", error=str(error), **facts)


def _page(wanted: str | None, wrong: str = "", status: int = 200) -> Response:
    html = frame.render("login.html", ANYONE, "", title="Sign in", next=_own(wanted), wrong=wrong)
    return frame.standing(html, status)


def _refuse_strangers(request: Request) -> None:
    """Refuse a form that another site has sent: nobody is signed in or out by a page elsewhere."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem(403, "this form must be sent from its own page", kind="cross-site-write")


def _own(path: str | None) -> str:
    return path if path and _OWN_PATH.fullmatch(path) else "/"
