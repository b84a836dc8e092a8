"""Every change at the door leaves an entry, in the transaction of the change; the entries are read in pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nightshift.database import Database
from tests.integration.api.conftest import Workers
from tests.support.door import AS_ADMIN, AS_JOB, AS_READER, Caller

AUDIT = "/api/audit"
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def _insert(database: Database, count: int, at: datetime = AT, *, action: str = "start-job") -> None:
    database.write(
        "INSERT INTO audit_log (at, who, action, subject) SELECT :at, 'admin', :action, 'tidy-up'"
        " FROM generate_series(1, :n)",
        at=at, action=action, n=count,
    )  # fmt: skip


def _all(call: Caller, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = call("GET", AUDIT, AS_READER, query={**query, **cursor}).body
        found += page["entries"]
        if page["nextCursor"] is None:
            return found
        cursor = {"cursor": page["nextCursor"]}


def test_who_started_a_job_is_kept_with_its_request(call: Caller, workers: Workers) -> None:
    run = call("POST", "/api/jobs/tidy-up", AS_JOB, body={"limit": 3}, request_id="the-request").body["runId"]

    [entry] = call("GET", AUDIT, AS_READER).body["entries"]

    assert datetime.fromisoformat(entry.pop("at")) > datetime.now(UTC) - timedelta(minutes=5)
    assert entry.pop("id") > 0
    assert entry == {
        "who": "job", "action": "start-job", "subject": "tidy-up", "before": None,
        "after": {"runId": run, "params": {"limit": 3, "dry": False}}, "requestId": "the-request",
    }  # fmt: skip
    assert [event["run_id"] for event in workers.events] == [run]


def test_a_job_without_one_lock_is_kept_too_and_a_refused_start_is_none(call: Caller, workers: Workers) -> None:
    assert call("POST", "/api/jobs/warm-one", AS_JOB, body={"shelf": "a"}).status == 202
    assert call("POST", "/api/jobs/tidy-up", AS_JOB).status == 202
    assert call("POST", "/api/jobs/tidy-up", AS_JOB).status == 429

    assert [entry["subject"] for entry in _all(call)] == ["tidy-up", "warm-one"]
    assert len(workers.invoked) == 2


def test_no_job_is_started_that_cannot_be_written_down(call: Caller, workers: Workers, database: Database) -> None:
    database.write("ALTER TABLE audit_log RENAME TO gone")
    try:
        answer = call("POST", "/api/jobs/tidy-up", AS_JOB)
    finally:
        database.write("ALTER TABLE gone RENAME TO audit_log")

    assert answer.status == 500
    assert workers.invoked == []
    assert database.read("SELECT FROM job_runs") == []


def test_entries_of_one_instant_come_in_pages_without_gaps_or_doubles(call: Caller, database: Database) -> None:
    _insert(database, 7)
    _insert(database, 3, AT + timedelta(microseconds=1))
    rows = database.read("SELECT id FROM audit_log ORDER BY at DESC, id DESC")

    assert [entry["id"] for entry in _all(call, limit=3)] == [row["id"] for row in rows]


def test_entries_are_filtered(call: Caller, database: Database) -> None:
    _insert(database, 2)
    _insert(database, 1, AT + timedelta(hours=1), action="pause-job")

    assert len(_all(call, subject="tidy-up")) == 3
    assert _all(call, subject="another") == []
    assert [entry["action"] for entry in _all(call, action="pause-job")] == ["pause-job"]
    assert _all(call, who="read") == []
    assert len(_all(call, since="2026-11-22T11:00:00Z")) == 1
    wrong = call("GET", AUDIT, AS_ADMIN, query={"since": "yesterday", "cursor": "x", "limit": 0})
    assert (wrong.status, wrong.fields) == (422, {"since", "cursor", "limit"})


@pytest.mark.parametrize("headers", [{}, {"X-Read-Secret": "wrong"}])
def test_a_stranger_sees_nothing_of_it(call: Caller, headers: dict[str, str]) -> None:
    assert call("GET", AUDIT, headers).status == 401


def test_what_takes_too_long_to_read_is_given_up_with_a_hint(
    call: Caller, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.door.LONGEST_READ_S", 0.1)
    _insert(database, 1)
    database.write(
        "ALTER TABLE audit_log RENAME TO gone; CREATE VIEW audit_log AS SELECT gone.* FROM pg_sleep(20), gone"
    )
    try:
        answer = call("GET", AUDIT, AS_READER)
    finally:
        database.write("DROP VIEW audit_log; ALTER TABLE gone RENAME TO audit_log")

    assert (answer.status, answer.body["type"]) == (503, "/docs/problems.md#too-much-to-read")
    assert answer.body["narrowing"] == ["limit", "subject", "action", "who", "since"]
    assert "since" in answer.body["detail"]
    assert call("GET", AUDIT, AS_READER).status == 200
