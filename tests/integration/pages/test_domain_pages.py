"""The pages of the domains: what they show, what they lead to, and what they do not let through."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pg8000.native
import pytest

import api
from api import door
from api.pages import listing
from puppet.reading import asking
from tests.integration.pages.conftest import Visitor
from tests.support.dashboard import Dashboard
from tests.support.databases import DatabaseServer
from tests.support.domains import HOSTILE

PATHS = (
    "/checks", "/checks?view=slow", "/checks?view=shops", "/notifications", "/queue", "/insights", "/locks", "/audit",
    "/queue/stop", "/queue/start", "/queue/reset-stuck-jobs",
)  # fmt: skip
# Of one answer of Lambda, in which a body is one JSON text.
LAMBDA_BYTES = 6_291_556
SHOWN = "=cmd|' /C calc'!A0 <img src=x onerror=alert(1)>[U+202E]txt.exe"


@pytest.mark.parametrize("path", PATHS)
def test_every_page_is_whole_light_and_disarmed(visit: Visitor, lock: Any, path: str) -> None:
    lock(f"warmup:on-demand:{HOSTILE}:abc")
    static = Path(api.__file__).parent / "pages" / "static"

    seen = visit.get(path)

    assert seen.status == 200
    assert ("data-dialog" in seen.html) == path.startswith(("/checks", "/notifications", "/locks")) or "/queue" in path
    assert seen.html.rstrip().endswith("</html>")
    assert "<img" not in seen.html
    assert "\u202e" not in seen.html
    assert "style=" not in seen.html
    assert ("onerror" in seen.html) == (SHOWN in seen.text)
    parts = (seen.html.encode(), *((static / name).read_bytes() for name in ("page.css", "page.js")))
    assert sum(len(gzip.compress(part, 6)) for part in parts) < 25_000


@pytest.mark.parametrize("path", ["/checks", "/notifications", "/queue", "/insights", "/locks", "/audit"])
def test_readers_see_every_page_and_no_button_that_changes_something(visit: Visitor, lock: Any, path: str) -> None:
    lock("retention")

    seen = visit.get(path, "ReadSecret")

    assert seen.status == 200
    assert "data-dialog" not in seen.html
    assert "post" not in seen.html.partition("<main")[2]


@pytest.mark.parametrize(("path", "query", "size"), [
    ("/checks", "", 300), ("/checks", "status=failed", 75), ("/checks", "shop=slow.example", 100),
    ("/checks", "product_id=1", 25), ("/notifications", "", 200), ("/notifications", "state=doubtful", 28),
    ("/notifications", "kind=sale&userId=2", 10), ("/audit", "", 120), ("/audit", "who=admin&action=start-job", 8),
])  # fmt: skip
def test_pages_of_a_list_lose_no_row_and_files_have_the_same(visit: Visitor, path: str, query: str, size: int) -> None:
    rows, address = [], f"{path}?{query}&limit=40"
    while address:
        seen = visit.get(address)
        assert len(seen.rows) <= 40
        rows += seen.rows
        address = seen.next or ""
    table, document = visit.get(f"{path}?{query}&format=csv"), visit.get(f"{path}?{query}&format=json")

    assert len(rows) == size
    assert len(table.csv) == size
    assert len(json.loads(document.html)["rows"]) == size
    assert json.loads(document.html)["more"] is None
    assert "link" not in table.headers


def test_a_file_is_harmless_and_as_rfc_4180_has_it(visit: Visitor) -> None:
    answered = visit.get("/checks?product_id=1&format=csv")

    assert answered.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answered.headers["content-disposition"] == 'attachment; filename="checks-recent.csv"'
    lines = answered.html.split("\r\n")
    assert lines[-1] == ""
    assert "\n" not in "".join(lines)
    row = answered.csv[0]
    assert row["Product"] == f"'{HOSTILE}"
    assert row["Error"] == "bad_status"
    assert row["Took"].isdecimal()
    assert json.loads(visit.get("/checks?product_id=1&format=json").html)["rows"][0]["productName"] == HOSTILE


def test_a_long_list_goes_on_in_the_next_file(visit: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_ROWS", 250)

    first = visit.get("/checks?format=csv")
    more = first.headers["link"].removeprefix("<").removesuffix('>; rel="next"')
    second = visit.get(more)

    assert 'filename="checks-recent-part.csv"' in first.headers["content-disposition"]
    assert (len(first.csv), len(second.csv)) == (200, 100)
    assert {row["Started"] for row in first.csv}.isdisjoint(row["Started"] for row in second.csv)
    assert "link" not in second.headers
    assert json.loads(visit.get("/checks?format=json").html)["more"] == more.replace("csv", "json")


def test_a_file_fits_into_an_answer_of_lambda(visit: Visitor, dashboard: Dashboard) -> None:
    # Letters that are written six times as long, and quotes, which are written twice.
    dashboard.write(
        "INSERT INTO audit_log (who, action, subject, details) SELECT 'filler', 'fill', repeat(:text, 20), '{}'"
        " FROM generate_series(1, 7000)", text='"\u4e16\U0001f319',
    )  # fmt: skip

    answers = [visit.get(f"/audit?who=filler&format={kind}") for kind in ("csv", "json")]
    dashboard.write("DELETE FROM audit_log WHERE who = 'filler'")

    assert all(len(json.dumps(answer.html)) < LAMBDA_BYTES for answer in answers)
    assert [answer.status for answer in answers] == [200, 200]
    assert all("link" in answer.headers for answer in answers)


def test_the_checks_say_which_shops_fail(visit: Visitor) -> None:
    seen = visit.get("/checks?view=shops")

    assert "Checks in 24 h 300 Failed 75 (25.0%) Products 12 Shops 3" in seen.text
    assert [row.split()[0] for row in seen.rows] == ["slow.example", "larch.example:8443", "lamps.example"]
    assert seen.rows[0].startswith("slow.example 50 50% 100 4 2")
    assert 'href="/checks?shop=slow.example&status=failed"' in seen.html
    assert 'href="/jobs/product-checks/run"' in seen.html
    slow = visit.get("/checks?view=slow&min_duration_ms=7000")
    assert len(slow.rows) == 100
    assert all("slow.example" in row for row in slow.rows)


def test_notifications_tell_states_and_no_whole_address(visit: Visitor) -> None:
    seen, document = visit.get("/notifications?limit=200"), visit.get("/notifications?format=json")

    assert "pending 57 claimed 0 sent 86 doubtful 28 failed 28 suppressed 29 Oldest waits" in seen.text
    assert "p…@mail.example" in seen.text
    assert "person1@" not in seen.html + document.html
    doubtful = visit.get("/notifications?state=doubtful").rows
    assert all("may or may not have gone out, and is tried again" in row for row in doubtful)


def test_the_queue_shows_its_depth_and_who_is_at_work(visit: Visitor) -> None:
    seen = visit.get("/queue")

    assert "Running 7 Waits for an answer 2" in seen.text
    assert "Oldest is due for 1 h" in seen.text
    assert any(row.startswith("processor-0 at work 3 0") for row in seen.rows)
    assert any(row.startswith("batchSize 20 10 20 80") for row in seen.rows)
    assert "medium (in force)" in seen.text
    types = visit.get("/queue?list=types&format=csv").csv
    assert {row["Job type"] for row in types} == {"send_invite", "send_message", "visit_profile", "sync_contacts"}
    assert len(visit.get("/queue?list=settings&format=csv").csv) == 7


@pytest.fixture
def steered(dashboard: Dashboard) -> Iterator[None]:
    """Whoever steers the processor leaves it as it was."""
    yield
    dashboard.write("DELETE FROM audit_log WHERE action IN ('puppet-start', 'puppet-stop', 'puppet-reset-stuck-jobs')")
    dashboard.write("TRUNCATE job_settings")


def test_processing_is_stopped_and_started_in_two_steps(visit: Visitor, steered: None) -> None:
    asked = visit.get("/queue/stop")
    assert "Stop processing puppet jobs?" in asked.text
    assert "Stop processing" in visit.get("/queue").text

    stopped = visit.post("/queue/stop")

    assert (stopped.status, stopped.headers["location"]) == (303, "/queue")
    seen = visit.get("/queue")
    assert "Jobs are not processed since" in seen.text
    assert "by admin" in seen.text
    assert any(row.endswith("admin stopped enabled: yes → no") for row in seen.rows)
    assert visit.post("/queue/start").status == 303
    assert "Jobs are processed" in visit.get("/queue").text
    assert visit.post("/queue/reset-stuck-jobs").status == 303
    assert "reset stuck jobs reset: 0, failed: 0" in visit.get("/queue").text


@pytest.mark.parametrize("path", ["/queue/stop", "/queue/start", "/queue/reset-stuck-jobs", "/locks/release"])
def test_the_read_only_secret_changes_nothing(visit: Visitor, lock: Any, path: str) -> None:
    lease = lock("retention")
    sent = {"name": "retention", "job": "retention", "holder": lease.holder} if path == "/locks/release" else {}

    assert visit.post(path, "ReadSecret", **sent).status in (401, 403)
    assert "Jobs are processed" in visit.get("/queue").text
    assert any(row.startswith("retention") for row in visit.get("/locks").rows)


def test_a_lock_is_released_by_whoever_names_its_holder(visit: Visitor, lock: Any) -> None:
    lease = lock("retention")
    other = lock("cleanup-reservations")
    seen = visit.get("/locks")
    assert any("held" in row and lease.holder in row for row in seen.rows if row.startswith("retention"))
    assert len(visit.get("/locks?name=tion&format=csv").csv) == 2
    address = next(part for part in seen.html.split('"') if part.startswith("/locks/release?name=retention"))
    asked = visit.get(address.replace("&amp;", "&"))
    assert f"Holder {lease.holder}" in asked.text

    refused = visit.post("/locks/release", name="retention", job="retention", holder=other.holder)
    done = visit.post("/locks/release", name="retention", job="retention", holder=lease.holder)

    assert refused.status == 409
    assert "The lock is held by another job or holder than the one named" in refused.text
    assert done.status == 303
    assert not any(row.startswith("retention") for row in visit.get("/locks").rows)
    assert "admin force-release retention" in visit.get("/audit?action=force-release&limit=1").rows[0]
    assert visit.get(address.replace("&amp;", "&")).status == 409


def test_insights_draw_what_their_tables_say(visit: Visitor) -> None:
    seen = visit.get("/insights")
    days = visit.get("/insights?list=daily&format=csv").csv
    hours = visit.get("/insights?list=hours&format=csv").csv

    assert sum(int(row["Attempts"]) for row in days) == sum(int(row["Attempts"]) for row in hours) == 2000
    assert "Attempts 2 000" in seen.text
    assert seen.html.count("<figure") == 3
    most = max(days, key=lambda row: int(row["Attempts"]))
    assert f"{int(most['Attempts']) - int(most['Failed'])} succeeded, {most['Failed']} failed</title>" in seen.html
    assert "Lower perUserLimit. perUserLimit: 2 → 1" in seen.text
    assert visit.get("/insights?list=users&format=json").headers["content-disposition"].endswith('users.json"')


def test_insights_are_of_the_days_type_and_user_that_are_asked_for(visit: Visitor) -> None:
    everything = visit.get("/insights?list=daily&format=csv&zone=America/New_York").csv
    day = everything[-3]["Day"]
    query = f"from={day}&to={day}&zone=America%2FNew_York"

    seen = visit.get(f"/insights?{query}&list=daily&format=csv").csv
    one = visit.get(f"/insights?{query}&jobType=send_invite&userId=shop-1")

    assert [(row["Day"], row["Attempts"]) for row in seen] == [(day, everything[-3]["Attempts"])]
    assert 'value="America/New_York"' in one.html
    assert f'value="{day}"' in one.html
    assert "shop-3" not in one.text
    assert "No attempt has ended in this time." in visit.get("/insights?userId=nobody").text


@pytest.mark.parametrize(("query", "said"), [
    ("from=2026-02-30", "from must be a date such as 2026-11-22"), ("zone=Mars", "zone must be an IANA time zone"),
    ("from=2020-01-01", "from must be at most 366 days before to"),
    ("from=2026-11-02&to=2026-11-01", "from must be before to"),
])  # fmt: skip
def test_what_cannot_be_asked_is_told(visit: Visitor, query: str, said: str) -> None:
    seen = visit.get(f"/insights?{query}")

    assert seen.status == 422
    assert said.lower() in seen.text.lower()


def test_insights_that_take_too_long_leave_the_form(visit: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "LONGEST_S", 0.001)

    seen = visit.get("/insights?jobType=send_invite")

    assert seen.status == 503
    assert "There is too much to read within" in seen.text
    assert 'name="jobType" value="send_invite"' in seen.html


def test_a_database_that_is_slow_is_told_of(
    visit: Visitor, database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "LONGEST_READ_S", 0.05)
    rival: pg8000.native.Connection = database_server.connect(
        visit.dashboard.environment["DATABASE_URL"].rpartition("/")[2]
    )
    rival.run("BEGIN")
    rival.run("LOCK TABLE check_runs, notifications, audit_log IN ACCESS EXCLUSIVE MODE")

    answers = [visit.get(path) for path in ("/checks", "/notifications", "/audit")]
    rival.run("ROLLBACK")
    rival.close()

    assert [answer.status for answer in answers] == [503] * 3
    assert all("There is too much to read within" in answer.text for answer in answers)
    assert visit.get("/checks").status == 200
