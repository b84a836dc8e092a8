"""The dashboard over a real database and locks: signing in, the pages, and what their forms do."""

from __future__ import annotations

import gzip
import re
import time
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.incoming import Incoming
from api.pages import attempts
from nightshift.database import Database
from tests.integration.api.conftest import Workers
from tests.support import door as support
from tests.support.door import Answer, Caller

PAGE = {"Accept": "text/html,application/xhtml+xml"}
FORM = {**PAGE, "Sec-Fetch-Site": "same-origin"}
SECRETS = {"job": support.JOB_SECRET, "admin": support.ADMIN_SECRET, "read": support.READ_SECRET}
WRITES = ("/jobs/tidy-up/run", "/jobs/tidy-up/pause", "/jobs/tidy-up/resume")
HOSTILE = """<script>alert(1)</script>"'&{{ 7*7 }}\u202e"""


def sign_in(call: Caller, secret: str, wanted: str = "") -> Answer:
    return call("POST", "/login", FORM, form={"secret": secret, "next": wanted})


def session(call: Caller, principal: str = "admin") -> list[str]:
    return [sign_in(call, SECRETS[principal]).headers["Set-Cookie"].partition(";")[0]]


@pytest.fixture
def as_admin(call: Caller) -> Callable[..., Answer]:
    """Asks as a browser does that is signed in with the admin secret."""
    cookies = session(call)
    return lambda method, path, **sent: call(method, path, FORM, cookies=cookies, **sent)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many attempts one sender has: fewer than in earnest, as each costs two requests to the table."""
    monkeypatch.setattr(attempts, "MOST_OF_ONE", 3)
    return 3


def add_run(database: Database, **columns: Any) -> str:
    now = datetime.now(UTC)
    given = {
        "id": str(uuid4()), "job": "tidy-up", "lock": "tidy-up", "trigger": "schedule", "status": "succeeded",
        "who": "schedule", "created_at": now, "started_at": now, "finished_at": now, "duration_ms": 1500, **columns,
    }  # fmt: skip
    names = ", ".join(given)
    database.write(f"INSERT INTO job_runs ({names}) VALUES ({', '.join(f':{name}' for name in given)})", **given)
    return str(given["id"])


def texts(page: str) -> str:
    """What a reader of a page sees, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


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


def test_no_page_runs_a_script_of_others_or_can_be_framed(as_admin: Callable[..., Answer]) -> None:
    for path in ("/", "/jobs/tidy-up", "/jobs/tidy-up/run", "/jobs/tidy-up/pause", "/login", "/nowhere"):
        page = as_admin("GET", path)

        policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
        assert "unsafe" not in str(policy)
        assert page.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|javascript:", page.text)


def test_style_and_script_are_kept_for_a_year_under_names_that_change(call: Caller) -> None:
    names = re.findall(r'(?:href|src)="(/static/[\w.]+)"', call("GET", "/login", PAGE).text)

    assert len(names) == 3
    for name in names:
        file = call("GET", name)
        assert re.fullmatch(r"/static/\w+\.[0-9a-f]{10}\.(css|js|svg)", name)
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert call("GET", "/static/page.css").status == 404


def test_the_same_page_is_not_sent_twice(call: Caller, database: Database) -> None:
    cookies = session(call)
    first = call("GET", "/", PAGE, cookies=cookies)
    again = call("GET", "/", {**PAGE, "If-None-Match": first.headers["ETag"]}, cookies=cookies)
    add_run(database)
    changed = call("GET", "/", {**PAGE, "If-None-Match": first.headers["ETag"]}, cookies=cookies)

    assert (again.status, again.text) == (304, "")
    assert changed.status == 200


def test_every_job_is_a_row_with_its_state_and_runs(as_admin: Callable[..., Answer], database: Database) -> None:
    minute = timedelta(minutes=1)
    for number, status in enumerate(("failed", "failed", "succeeded", "skipped")):
        error = ("PageError", "the shop said 500") if status == "failed" else (None, None)
        add_run(database, status=status, created_at=datetime.now(UTC) - number * minute, error_class=error[0],
                error=error[1])  # fmt: skip

    page = as_admin("GET", "/")

    assert "1 job needs a look" in texts(page.text)
    assert "2 runs in a row failed; the last: PageError: the shop said 500" in texts(page.text)
    assert "Tidy up: the last 4 runs, 1 skipped, 1 succeeded, 2 failed" in page.text
    assert "every 30 minutes" in texts(page.text)
    assert 'href="/jobs/warm-one/run"' in page.text


def test_a_list_is_exported_as_it_is_shown(as_admin: Callable[..., Answer], database: Database) -> None:
    add_run(database, status="failed", error_class="PageError", error='=HYPERLINK("http://x.example")')
    add_run(database)

    as_csv = as_admin("GET", "/jobs/tidy-up", query="status=failed&format=csv")
    as_json = as_admin("GET", "/jobs/tidy-up", query="format=json")

    lines = as_csv.text.splitlines()
    assert lines[0] == "Run,State,Started by,Took,Processed,Failed,Why"
    assert len(lines) == 2
    assert "'=HYPERLINK" in lines[1]
    assert as_csv.headers["Content-Disposition"] == 'attachment; filename="runs-of-tidy-up.csv"'
    assert [row["status"] for row in as_json.body["rows"]] == ["succeeded", "failed"]


def test_pages_follow_each_other_and_keep_their_filter(as_admin: Callable[..., Answer], database: Database) -> None:
    now = datetime.now(UTC)
    runs = [add_run(database, created_at=now - timedelta(minutes=number)) for number in range(3)]
    add_run(database, status="failed")

    first = as_admin("GET", "/jobs/tidy-up", query="status=succeeded&trigger=&limit=2")
    (older,) = re.findall(r'href="(/jobs/tidy-up\?[^"]*)" rel="next"', first.text)
    second = as_admin("GET", "/jobs/tidy-up", query=older.partition("?")[2].replace("&amp;", "&"))

    shown = [
        re.findall(r'<a href="/runs/([0-9a-f-]{36})"><time', page.text.partition("<table>")[2])
        for page in (first, second)
    ]
    assert shown == [runs[:2], runs[2:]]
    assert 'rel="next"' not in second.text


def test_a_failed_run_says_what_why_since_when_and_what_to_do(
    as_admin: Callable[..., Answer], database: Database
) -> None:
    run = add_run(
        database, status="failed", processed=0, failed=2, error_class="DatabaseUnavailable",
        error="cannot connect", errors=["one", "two"], metadata={"prices": {"up": 1234}}, params={"limit": 7},
    )  # fmt: skip

    page = as_admin("GET", f"/runs/{run}")

    seen = texts(page.text)
    for part in ("Tidy up: failed", "DatabaseUnavailable", "cannot connect", "Failing since", "one two",
                 "prices: up 1 234", "It has changed nothing. Run it again", "CloudWatch Logs Insights"):  # fmt: skip
        assert part in seen
    assert 'href="/jobs/tidy-up/run?limit=7"' in page.text
    assert run in page.text.partition("queryDetail")[2]


def test_what_others_wrote_is_only_text(as_admin: Callable[..., Answer], database: Database) -> None:
    run = add_run(
        database, status="failed", error=HOSTILE, error_class=HOSTILE, who=HOSTILE, errors=[HOSTILE],
        metadata={HOSTILE: HOSTILE}, params={HOSTILE: HOSTILE},
    )  # fmt: skip
    as_admin("POST", "/jobs/tidy-up/pause", form={"reason": HOSTILE[:-1]})

    for path in ("/", "/jobs/tidy-up", f"/runs/{run}", "/jobs/tidy-up/pause"):
        page = as_admin("GET", path)
        assert page.status == 200
        assert "<script>alert" not in page.text
        assert "{{ 7*7 }}" in page.text


def test_a_job_is_started_from_its_form(as_admin: Callable[..., Answer], workers: Workers) -> None:
    form = as_admin("GET", "/jobs/tidy-up/run")
    started = as_admin("POST", "/jobs/tidy-up/run", form={"limit": "20", "dry": ""})

    assert 'name="limit"' in form.text
    assert 'min="1" max="500"' in form.text
    assert started.status == 303
    assert workers.events[0]["params"]["limit"] == 20
    assert started.headers["Location"] == f"/runs/{workers.events[0]['run_id']}"
    assert as_admin("GET", started.headers["Location"]).status == 200


def test_a_wrong_parameter_is_told_beside_its_field(as_admin: Callable[..., Answer], workers: Workers) -> None:
    refused = as_admin("POST", "/jobs/tidy-up/run", form={"limit": "0"})

    assert refused.status == 422
    assert '<span class="wrong">limit must be a whole number from 1 to 500</span>' in refused.text
    assert 'value="0"' in refused.text
    assert workers.events == []


def test_a_job_that_runs_already_names_who_runs_it(as_admin: Callable[..., Answer], workers: Workers) -> None:
    first = as_admin("POST", "/jobs/tidy-up/run")
    second = as_admin("POST", "/jobs/tidy-up/run")

    assert second.status == 429
    assert "Tidy-up runs already" in texts(second.text)
    assert f'href="{first.headers["Location"]}"' in second.text
    assert len(workers.events) == 1


def test_a_job_is_paused_with_a_reason_and_resumed(as_admin: Callable[..., Answer], database: Database) -> None:
    paused = as_admin("POST", "/jobs/tidy-up/pause", form={"reason": "the shop moves house"})
    shown = as_admin("GET", paused.headers["Location"])
    as_admin("POST", "/jobs/tidy-up/resume")

    assert paused.status == 303
    assert "the shop moves house" in texts(shown.text)
    assert 'action="/jobs/tidy-up/resume"' in shown.text
    rows = database.read("SELECT who, action FROM audit_log WHERE subject <> 'dashboard' ORDER BY id")
    assert [(row["who"], row["action"]) for row in rows] == [("admin", "pause-job"), ("admin", "resume-job")]


def test_a_reader_changes_nothing(call: Caller, workers: Workers) -> None:
    cookies = session(call, "read")

    for path in WRITES:
        refused = call("POST", path, FORM, cookies=cookies)
        assert refused.status == 403
        assert "The read-only secret sees everything and changes nothing" in texts(refused.text)
    assert "Run now" not in call("GET", "/", PAGE, cookies=cookies).text
    assert workers.events == []


def test_a_form_of_another_site_changes_nothing(call: Caller, workers: Workers, database: Database) -> None:
    cookies = session(call)

    for path in WRITES:
        assert call("POST", path, {**PAGE, "Sec-Fetch-Site": "cross-site"}, cookies=cookies).status == 403
    assert workers.events == []
    assert database.read("SELECT 1 AS one FROM audit_log WHERE subject <> 'dashboard'") == []


def test_a_problem_is_a_page_for_people_and_json_for_programs(call: Caller) -> None:
    nowhere = f"/runs/{uuid4()}"

    page = call("GET", nowhere, {**PAGE, **support.AS_READER})
    problem = call("GET", nowhere, support.AS_READER)

    assert page.headers["Content-Type"].startswith("text/html")
    assert "There is no run with this id" in texts(page.text)
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert page.status == problem.status == 404


def test_long_answers_are_packed_for_who_can_unpack_them(call: Caller) -> None:
    plain = call("GET", "/", support.AS_READER)
    sent = support.event("GET", "/", {**support.AS_READER, "Accept-Encoding": "gzip, br"})
    packed = call.door.answer(Incoming.read(sent, "x"), 30)

    assert packed["isBase64Encoded"]
    assert packed["headers"]["Content-Encoding"] == "gzip"
    assert gzip.decompress(b64decode(packed["body"])).decode() == plain.text
