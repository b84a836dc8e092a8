"""Signing in and out of the dashboard: who may, how often, where it leads, and what is written down of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from api.pages import attempts
from nightshift.database import Database
from tests.integration.api.browsing import FORM, PAGE, SECRETS, session, sign_in, texts
from tests.support import door as support
from tests.support.door import Answer, Caller


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many attempts one sender has: fewer than in earnest, as each costs two requests to the table."""
    monkeypatch.setattr(attempts, "MOST_OF_ONE", 3)
    return 3


def test_a_secret_opens_a_session(call: Caller) -> None:
    for principal, secret in SECRETS.items():
        entered = sign_in(call, secret, "/jobs/tidy-up?status=failed")

        assert entered.status == 303
        assert entered.headers["Location"] == "/jobs/tidy-up?status=failed"
        assert entered.headers["Set-Cookie"].startswith(f"__Host-session=v1.{principal}.")
        assert secret not in str(entered.headers)
        page = call("GET", "/", PAGE, cookies=session(call, principal))
        assert page.status == 200
        assert f"Sign out ({principal})" in page.text


def test_signing_in_leads_to_no_other_place(call: Caller) -> None:
    places = [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\n/evil",
        " /x",
        "/x y",
    ]

    assert {sign_in(call, support.JOB_SECRET, place).headers.get("Location", "/") for place in places} == {"/"}


def test_a_wrong_secret_tells_nothing_but_that(call: Caller) -> None:
    answers = [sign_in(call, wrong) for wrong in ("wrong", support.JOB_SECRET[:-1], support.WARMUP_SECRET)]

    assert {answer.status for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert "This secret is wrong." in answers[0].text
    assert "Set-Cookie" not in answers[0].headers


def test_whoever_is_not_signed_in_is_sent_to_the_form_and_back(call: Caller) -> None:
    asked = call("GET", "/jobs/tidy-up", PAGE, query="status=failed")

    assert asked.status == 303
    assert asked.headers["Location"] == "/login?next=%2Fjobs%2Ftidy-up%3Fstatus%3Dfailed"
    assert (
        'value="/jobs/tidy-up?status=failed"' in call("GET", "/login", PAGE, query=asked.headers["Location"][7:]).text
    )


def test_attempts_are_counted_by_address_and_end(call: Caller, few: int) -> None:
    for _ in range(few):
        assert sign_in(call, "wrong").status == 401

    refused = sign_in(call, support.JOB_SECRET)

    assert refused.status == 429
    assert 0 < int(refused.headers["Retry-After"]) <= attempts.WINDOW_S
    assert "too many attempts" in texts(refused.text)
    # Programs show their secret in a header, and sessions go on.
    assert call("GET", "/api/jobs", support.AS_JOB).status == 200


def test_attempts_from_everywhere_end_as_well(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST_OF_ALL", 3)
    for number in range(3):
        monkeypatch.setattr(support, "SOURCE_IP", f"203.0.113.{number}")
        assert sign_in(call, "wrong").status == 401

    monkeypatch.setattr(support, "SOURCE_IP", "198.51.100.1")

    assert sign_in(call, support.JOB_SECRET).status == 429


def test_a_right_secret_uses_up_no_attempt(call: Caller, few: int) -> None:
    for _ in range(few + 1):
        assert sign_in(call, support.JOB_SECRET).status == 303


def test_addresses_of_one_ipv6_network_are_one_sender(call: Caller, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(few):
        monkeypatch.setattr(support, "SOURCE_IP", f"2001:db8:0:1::{number:x}")
        sign_in(call, "wrong")

    monkeypatch.setattr(support, "SOURCE_IP", "2001:db8:0:1:ffff::1")
    assert sign_in(call, support.JOB_SECRET).status == 429
    monkeypatch.setattr(support, "SOURCE_IP", "2001:db8:0:2::1")
    assert sign_in(call, support.JOB_SECRET).status == 303


def test_the_next_quarter_of_an_hour_begins_anew(call: Caller, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(few + 1):
        sign_in(call, "wrong")
    later = time.time() + attempts.WINDOW_S

    monkeypatch.setattr(time, "time", lambda: later)

    assert sign_in(call, support.JOB_SECRET).status == 303


def test_where_attempts_cannot_be_counted_nobody_may_try(
    make_caller: Callable[[], Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCK_TABLE", "there-is-no-such-table")

    assert sign_in(make_caller(), support.JOB_SECRET).status == 503


@pytest.mark.parametrize("missing", ["JOB ADMIN READ", "SESSION"])
def test_without_a_secret_signing_in_is_closed_and_says_so(
    make_caller: Callable[[], Caller], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in missing.split():
        monkeypatch.setenv(f"{name}_SECRET_REF", "")

    refused = sign_in(make_caller(), support.JOB_SECRET)

    assert refused.status == 503
    assert f"{missing.split(maxsplit=1)[0]}_SECRET_REF" in texts(refused.text)
    assert "Set-Cookie" not in refused.headers


def test_another_site_signs_nobody_in_or_out(call: Caller) -> None:
    for site in ("cross-site", "same-site"):
        for path, form in (("/login", {"secret": support.JOB_SECRET}), ("/logout", {})):
            answer = call("POST", path, {**PAGE, "Sec-Fetch-Site": site}, form=form)

            assert answer.status == 403
            assert "Set-Cookie" not in answer.headers


def test_who_signed_in_and_out_and_who_was_refused_is_written_down_without_any_secret(
    call: Caller, as_admin: Callable[..., Answer], database: Database, few: int
) -> None:
    as_admin("POST", "/logout")
    call("POST", "/logout", FORM)  # nobody was signed in
    for _ in range(few + 3):
        sign_in(call, "a wrong guess")

    rows = database.read("SELECT who, action, subject, details, request_id FROM audit_log ORDER BY id")

    assert [(row["who"], row["action"]) for row in rows] == [
        ("admin", "sign-in"), ("admin", "sign-out"), *[("anyone", "refuse-sign-in")] * few, ("anyone", "block-sign-in"),
    ]  # fmt: skip
    assert {row["subject"] for row in rows} == {"dashboard"}
    assert all(row["request_id"] and row["details"]["after"] for row in rows)
    assert not [word for word in ("guess", support.ADMIN_SECRET, support.SOURCE_IP) if word in str(rows)]


def test_people_can_sign_in_while_the_database_is_down(
    make_caller: Callable[[], Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nowhere")

    assert sign_in(make_caller(), support.JOB_SECRET).status == 303


def test_signing_out_takes_the_cookie_back(as_admin: Callable[..., Answer]) -> None:
    out = as_admin("POST", "/logout")

    assert (out.status, out.headers["Location"]) == (303, "/login")
    assert out.headers["Set-Cookie"].startswith("__Host-session=; Max-Age=0; Path=/; Secure")
