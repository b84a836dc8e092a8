"""The dashboard over a real database and locks: the pages, and what their forms do."""

from __future__ import annotations

import gzip
import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from api.incoming import Incoming
from nightshift.database import Database
from tests.integration.api.browsing import FORM, PAGE, session, texts
from tests.integration.api.conftest import Workers
from tests.support import door as support
from tests.support.door import Answer, Caller

WRITES = ("/jobs/tidy-up/run", "/jobs/tidy-up/pause", "/jobs/tidy-up/resume")
HOSTILE = """<script>alert(1)</script>"'&{{ 7*7 }}\u202e"""


def add_run(database: Database, **columns: Any) -> str:
    now = datetime.now(UTC)
    given = {
        "id": str(uuid4()), "job": "tidy-up", "lock": "tidy-up", "trigger": "schedule", "status": "succeeded",
        "who": "schedule", "created_at": now, "started_at": now, "finished_at": now, "duration_ms": 1500, **columns,
    }  # fmt: skip
    names = ", ".join(given)
    database.write(f"INSERT INTO job_runs ({names}) VALUES ({', '.join(f':{name}' for name in given)})", **given)
    return str(given["id"])


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
