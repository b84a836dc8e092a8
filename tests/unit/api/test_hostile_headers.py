"""Headers that try to get in, to be somebody else, or to be read twice: none opens a door, none breaks it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from api.incoming import Incoming
from nightshift.routes import Guard
from tests.support import door as support
from tests.support.door import AS_JOB, AS_READER, Caller, event

SECRET = support.JOB_SECRET
GUARDED = [guard for guard in Guard if guard is not Guard.OPEN]
HUGE = 64 * 1024

# What API Gateway makes of two headers of one name is one, with a comma.
NOT_IT: dict[str, Any] = {
    "nothing": "",
    "spaces": "   ",
    "twice the same": f"{SECRET},{SECRET}",
    "twice, the right one first": f"{SECRET}, x",
    "twice, the right one last": f"x,{SECRET}",
    "in quotes": f'"{SECRET}"',
    "with a line behind": f"{SECRET}\r\nX-Job-Secret: {SECRET}",
    "with a zero byte": f"{SECRET}\0",
    "a part of it": SECRET[:-1],
    "more than it": f"{SECRET}x",
    "in capitals": SECRET.upper(),
    "percent-encoded": "".join(f"%{ord(letter):02x}" for letter in SECRET),
    "in wide letters": "".join(chr(ord(letter) + 0xFEE0) for letter in SECRET),
    "with an accent": SECRET.replace("e", "\u00e9"),
    "as another encoding reads it": f"\u00c3{SECRET}",
    "half a character": f"{SECRET}\ud800",
    "64 KB": "x" * HUGE,
    "64 KB that begin with it": SECRET + "x" * HUGE,
    "64 KB outside of ASCII": "\u20ac" * HUGE,
    "no text": None,
    "a number": 0,
    "a list with it": [SECRET],
    "an object with it": {"0": SECRET},
    "true": True,
}


@pytest.mark.parametrize("name", ["x-job-secret", "X-JOB-SECRET"])
@pytest.mark.parametrize("kind", NOT_IT)
def test_what_is_not_the_secret_opens_nothing(call: Caller, name: str, kind: str) -> None:
    for guard in GUARDED:
        answer = call("GET", f"/test/{guard}", {name: NOT_IT[kind]})

        assert (answer.status, answer.headers["Content-Type"]) == (401, "application/problem+json"), guard
        assert SECRET not in answer.text


AUTHORIZATIONS = [
    "Bearer", "Bearer ", "Bearer  ", f"Bearer {support.ADMIN_SECRET} x", f"Bearer {support.ADMIN_SECRET},Bearer x",
    f"Bearer\t{support.ADMIN_SECRET}\n", f"Basic {support.ADMIN_SECRET}", support.ADMIN_SECRET,
    f"Token {support.ADMIN_SECRET}",
    f"Bearer {SECRET}", f"Bearer {support.READ_SECRET}", f"Bearer:{support.ADMIN_SECRET}", "Bearer " + "x" * HUGE,
    "\u212aearer x",
    f"Bearer {support.ADMIN_SECRET[:-1]}", "Bearer \ud800", "Bearer null", "Bearer undefined", "Bearer None",
]  # fmt: skip


@pytest.mark.parametrize("value", AUTHORIZATIONS, ids=range(len(AUTHORIZATIONS)))
def test_what_is_not_the_admins_token_opens_nothing(call: Caller, value: str) -> None:
    for guard in GUARDED:
        # A write: the read-only secret is a token for reads.
        assert call("POST", f"/test/{guard}", {"Authorization": value}).status == 401, guard


# What proxies and frameworks elsewhere obey. Here they are words.
PRETENDING = [
    {"X-HTTP-Method-Override": "GET"}, {"X-HTTP-Method": "GET"}, {"X-Method-Override": "GET"},
    {"X-Original-URL": "/test/open"},
    {"X-Rewrite-URL": "/test/open"}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-Host": "localhost"},
    {"Host": "localhost"},
    {"X-Real-IP": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1;host=localhost"}, {"X-Amz-Invocation-Type": "Event"},
    {"X-Forwarded-User": "admin"}, {"X-Remote-User": "admin"}, {"X-Principal": "job"}, {"Transfer-Encoding": "chunked"},
    {"Content-Length": "0"}, {"Cookie": f"X-Job-Secret={SECRET}"}, {"X_Job_Secret": SECRET}, {"X-Job-Secret ": SECRET},
    {" X-Job-Secret": SECRET}, {"X-Job-Secret\0": SECRET}, {"X-Job\u2010Secret": SECRET},
    {"X-Job-\u017fecret": SECRET}, {"": SECRET},
    {"Upgrade": "websocket", "Connection": "Upgrade, X-Job-Secret"}, {"Sec-Fetch-Site": "same-origin"},
    {"Origin": "null"},
]  # fmt: skip


@pytest.mark.parametrize("headers", PRETENDING, ids=range(len(PRETENDING)))
def test_no_other_header_opens_or_leads_elsewhere(call: Caller, headers: dict[str, str]) -> None:
    for guard in GUARDED:
        assert call("POST", f"/test/{guard}", headers).status == 401, guard
    assert call("POST", "/test/job", {**AS_JOB, **headers}).body["principal"] == "job"
    assert call("POST", "/test/admin", {**AS_READER, **headers}).status == 401


def test_a_wrong_secret_beside_a_right_one_takes_nothing_away_and_adds_nothing(call: Caller) -> None:
    both = {"X-Job-Secret": "wrong", "X-Read-Secret": support.READ_SECRET}

    assert call("GET", "/test/read", both).body["principal"] == "read"
    assert call("POST", "/test/admin", both).status == 401


@pytest.mark.parametrize(
    "header",
    ["Prefer", "If-Match", "If-None-Match", "Accept", "Content-Type", "Cookie", "X-Request-Id"],
)
@pytest.mark.parametrize(
    "value", ["", "\0", "\u20ac", "\ud800", "x" * HUGE, ",", ";", '"', "wait=99999999999999999999", "\r\nX: y"]
)
def test_no_header_with_a_meaning_breaks_the_door(call: Caller, header: str, value: str) -> None:
    for method, path in (("GET", "/test/open"), ("POST", "/test/job")):
        answer = call(method, path, {**AS_JOB, header: value})

        assert answer.status < 500, path
        assert not [text for text in answer.headers.values() if "\r" in text or "\n" in text]


def test_a_flood_of_headers_is_a_request_like_any_other(call: Caller) -> None:
    flood = {f"X-{number}": "x" * 50 for number in range(5000)}

    assert call("GET", "/test/job", flood).status == 401
    assert call("GET", "/test/job", {**flood, **AS_JOB}).status == 200


@pytest.mark.parametrize("headers", [None, [], "X-Job-Secret", 5, {"a": {"b": 1}}, [["X-Job-Secret", SECRET]]])
def test_headers_that_are_no_object_are_none(call: Caller, headers: Any) -> None:
    assert call.send({**event("GET", "/test/job"), "headers": headers}).status == 401


@pytest.mark.parametrize(
    "cookies", [None, "session=x", [None], [5], ["="], [";" * 5000], ["__Host-session=" + "x" * HUGE]]
)
def test_cookies_that_are_none_of_ours_open_nothing(call: Caller, cookies: Any) -> None:
    for guard in GUARDED:
        assert call.send({**event("GET", f"/test/{guard}"), "cookies": cookies}).status == 401, guard


def test_reading_headers_takes_time_in_proportion() -> None:
    """64 KB of what a pattern might try in many ways are read as fast as 64 KB of anything."""
    began = time.process_time()
    for value in ("a" * HUGE, ' ;,="' * (HUGE // 5), "wait=" * (HUGE // 5), "application/json;" * (HUGE // 17)):
        headers = dict.fromkeys(("content-type", "accept", "prefer", "if-match", "authorization"), value)
        incoming = Incoming.read({**event("POST", "/test/form", headers, body="{}")}, "x")
        assert incoming.wants_page is False
    # Of the processor, not of the clock; a pattern that backtracks would take minutes.
    assert time.process_time() - began < 5
