"""How a browser asks the dashboard: signed in by its form, with a session's cookie, and what a reader sees."""

from __future__ import annotations

import re

from tests.support import door as support
from tests.support.door import Answer, Caller

PAGE = {"Accept": "text/html,application/xhtml+xml"}
FORM = {**PAGE, "Sec-Fetch-Site": "same-origin"}
SECRETS = {"job": support.JOB_SECRET, "admin": support.ADMIN_SECRET, "read": support.READ_SECRET}


def sign_in(call: Caller, secret: str, wanted: str = "") -> Answer:
    return call("POST", "/login", FORM, form={"secret": secret, "next": wanted})


def session(call: Caller, principal: str = "admin") -> list[str]:
    return [sign_in(call, SECRETS[principal]).headers["Set-Cookie"].partition(";")[0]]


def texts(page: str) -> str:
    """What a reader of a page sees, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
