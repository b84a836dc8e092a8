"""What the door tells of jobs, runs and locks, and the release of a lock by hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from nightshift import runs
from nightshift.database import Database
from nightshift.lock import Locks
from nightshift.platform import Platform, PlatformSettings
from nightshift.runs import RunRecord
from nightshift.settings import load
from tests.integration.api.conftest import Workers
from tests.support.aws import LOCK_TABLE, Aws
from tests.support.door import AS_ADMIN, AS_JOB, AS_READER, Answer, Caller

TIDY = "/api/jobs/tidy-up"
HISTORY = "/api/jobs/tidy-up/runs"


@pytest.fixture
def platform(environment: object) -> Platform:
    """The locks, to hold some."""
    return Platform(load(PlatformSettings, os.environ))


def _insert(database: Database, count: int, job: str = "tidy-up", **columns: Any) -> None:
    # Three a second, so that pages end inside of groups of the same time.
    database.write(
        "INSERT INTO job_runs (id, job, lock, trigger, status, who, created_at, finished_at)"
        " SELECT gen_random_uuid(), :job, :job, :trigger, :status, 'test',"
        " timestamptz '2026-11-22T10:00:00.123456Z' + make_interval(secs => n / 3), now()"
        " FROM generate_series(1, :n) AS n",
        job=job, n=count, trigger=columns.get("trigger", "schedule"), status=columns.get("status", "succeeded"),
    )  # fmt: skip


def _job(answer: Answer, name: str) -> dict[str, Any]:
    [job] = [job for job in answer.body["jobs"] if job["name"] == name]
    return dict(job)


def test_jobs_that_never_ran(call: Caller) -> None:
    answer = call("GET", "/api/jobs", AS_READER)

    tidy, warm = _job(answer, "tidy-up"), _job(answer, "warm-one")
    next_run = datetime.fromisoformat(tidy.pop("nextRun"))
    # Nobody has watched its schedule yet: half a period after a whole one.
    assert timedelta(minutes=44) < datetime.fromisoformat(tidy.pop("lateAfter")) - datetime.now(UTC)
    assert next_run > datetime.now(UTC)
    assert next_run.minute in (0, 30)
    assert tidy == {
        "name": "tidy-up", "title": "Tidy up", "description": "Put things back.", "schedule": "rate(30 minutes)",
        "scheduleInWords": "every 30 minutes", "zone": "UTC", "enabled": True, "paused": None, "state": "never",
        "stateReason": "It has not run yet.", "since": None, "lastRun": None, "lock": None,
    }  # fmt: skip
    assert (warm["state"], warm["schedule"], warm["nextRun"]) == ("never", None, None)


def test_a_running_job_shows_its_run_and_who_holds_its_lock(call: Caller, workers: Workers) -> None:
    started = call("POST", TIDY, AS_JOB)
    tidy = _job(call("GET", "/api/jobs", AS_ADMIN), "tidy-up")

    assert tidy["state"] == "running"
    assert tidy["lastRun"]["runId"] == tidy["lock"]["runId"] == started.body["runId"]
    assert tidy["lock"]["holder"] == workers.events[0]["lease"]["holder"]
    assert tidy["lock"]["lapsed"] is False


def test_a_job_without_one_lock_is_known_by_its_record(call: Caller, database: Database, workers: Workers) -> None:
    call("POST", "/api/jobs/warm-one", AS_JOB, body={"shelf": "a"})
    assert workers.invoked
    assert _job(call("GET", "/api/jobs", AS_JOB), "warm-one")["state"] == "running"

    database.write("UPDATE job_runs SET created_at = created_at - interval '1 hour'")
    assert _job(call("GET", "/api/jobs", AS_JOB), "warm-one")["state"] == "failed"


@pytest.mark.parametrize(("status", "state"), [("failed", "failed"), ("lost", "failed"), ("succeeded", "skipped")])
def test_a_job_that_ended_badly_says_so(call: Caller, database: Database, status: str, state: str) -> None:
    _insert(database, 1, status=status)
    # A tick that was skipped is no run.
    database.write(
        "INSERT INTO job_runs (id, job, lock, trigger, status, who, error_class)"
        " VALUES (:id, 'tidy-up', 'l', 'schedule', 'skipped', 'w', 'held')",
        id=uuid4(),
    )
    tidy = _job(call("GET", "/api/jobs", AS_JOB), "tidy-up")

    assert (tidy["state"], tidy["lastRun"]["status"]) == (state, status)


def test_history_comes_in_pages_without_gaps_or_doubles(call: Caller, database: Database) -> None:
    _insert(database, 25)
    _insert(database, 5, job="warm-one")
    seen, cursor, pages = [], None, 0
    while True:
        page = call("GET", HISTORY, AS_READER, query={"limit": 4, **({"cursor": cursor} if cursor else {})}).body
        seen += page["runs"]
        cursor, pages = page["nextCursor"], pages + 1
        if cursor is None:
            break

    assert pages == 7
    assert [run["runId"] for run in seen] == [
        str(row["id"])
        for row in database.read("SELECT id FROM job_runs WHERE job = 'tidy-up' ORDER BY created_at DESC, id DESC")
    ]


def test_a_page_that_is_just_full_is_the_last(call: Caller, database: Database) -> None:
    _insert(database, 4)

    assert call("GET", HISTORY, AS_JOB, query={"limit": 4}).body["nextCursor"] is None
    assert call("GET", HISTORY, AS_JOB).body["limit"] == 50


def test_new_runs_do_not_move_later_pages(call: Caller, database: Database) -> None:
    _insert(database, 4)
    first = call("GET", HISTORY, AS_JOB, query={"limit": 2}).body
    database.write(
        "INSERT INTO job_runs (id, job, lock, trigger, status, who)"
        " VALUES (:id, 'tidy-up', 'l', 'http', 'queued', 'w')",
        id=uuid4(),
    )
    second = call("GET", HISTORY, AS_JOB, query={"limit": 2, "cursor": first["nextCursor"]}).body

    assert len({run["runId"] for run in first["runs"] + second["runs"]}) == 4
    assert second["nextCursor"] is None


def test_history_is_filtered(call: Caller, database: Database) -> None:
    _insert(database, 3, status="failed", trigger="http")
    _insert(database, 2, status="failed")
    _insert(database, 1)

    assert len(call("GET", HISTORY, AS_JOB, query={"status": "failed"}).body["runs"]) == 5
    assert len(call("GET", HISTORY, AS_JOB, query={"status": "failed", "trigger": "http"}).body["runs"]) == 3
    assert call("GET", HISTORY, AS_JOB, query={"status": "lost"}).body["runs"] == []


def test_wrong_filters_are_all_named(call: Caller) -> None:
    answer = call(
        "GET", HISTORY, AS_JOB, query={"limit": 201, "cursor": "x", "status": "done", "trigger": "cron", "page": 2}
    )

    assert (answer.status, answer.fields) == (422, {"limit", "cursor", "status", "trigger", "page"})
    assert call("GET", HISTORY, AS_JOB, query={"limit": 0}).status == 422


def test_one_run(call: Caller, database: Database) -> None:
    record = RunRecord(str(uuid4()), "tidy-up", "tidy-up", "manual", "somebody", params={"limit": 3})
    database.write(runs.start(record, 4, 1, "request", 300))
    database.write(runs.finish(record.id, "failed", processed=2, failed=1, errors=["é"], metadata={"a": 1},
                               error=ValueError("no")))  # fmt: skip
    run = call("GET", f"/api/runs/{record.id.upper()}", AS_READER).body

    assert datetime.fromisoformat(run.pop("startedAt")) <= datetime.fromisoformat(run.pop("finishedAt"))
    assert run.pop("createdAt").endswith("Z")
    assert run.pop("durationMs") >= 0
    assert run == {
        "runId": record.id, "job": "tidy-up", "status": "failed", "trigger": "manual", "who": "somebody", "slot": None,
        "lock": "tidy-up", "params": {"limit": 3}, "part": 1, "processed": 2, "failed": 1, "errors": ["é"],
        "metadata": {"a": 1}, "errorClass": "ValueError", "error": "no", "requestId": "request",
        "statusUrl": f"/api/runs/{record.id}",
    }  # fmt: skip
    assert call("GET", f"/api/runs/{uuid4()}", AS_READER).status == 404


def test_locks_name_their_job_and_their_holder(call: Caller, platform: Platform, database: Database, aws: Aws) -> None:
    record = RunRecord(str(uuid4()), "tidy-up", "tidy-up", "schedule", "schedule run of tidy-up")
    database.write(runs.start(record, 1, 1, "request", 300))
    lease = platform.locks.acquire("tidy-up", 60, who=record.who, run_id=record.id)
    platform.locks.acquire("shelf-item:5", 60, who=record.who, run_id=record.id, named_after_data=True)
    died = {"pk": {"S": "unknown"}, "holder": {"S": "h"}, "until_ms": {"N": "1"}, "run_id": {"S": "no uuid"}}
    aws.client("dynamodb").put_item(TableName=LOCK_TABLE, Item=died)
    released = platform.locks.acquire("warm:a", 60, who="x", run_id=str(uuid4()))
    platform.locks.release(released, "succeeded")

    item, tidy, unknown = call("GET", "/api/locks", AS_READER).body["locks"]

    assert (tidy["name"], tidy["job"], tidy["holder"], tidy["who"]) == ("tidy-up", "tidy-up", lease.holder, record.who)
    assert (tidy["runId"], tidy["fence"], tidy["lapsed"]) == (record.id, lease.fence, False)
    assert tidy["since"] < tidy["until"]
    assert (item["name"], item["job"]) == ("shelf-item:5", "tidy-up")
    assert (unknown["name"], unknown["job"], unknown["lapsed"]) == ("unknown", None, True)


def _refusal(call: Caller) -> dict[str, Any]:
    """Start the job and return how a second caller is refused."""
    call("POST", TIDY, AS_JOB)
    return dict(call("POST", TIDY, AS_JOB).body)


def test_a_lock_is_released_by_naming_job_and_holder_as_the_refusal_did(
    call: Caller, workers: Workers, database: Database
) -> None:
    refusal = _refusal(call)
    named = {"job": refusal["job"], "holder": refusal["holder"]}
    answer = call("POST", f"/api/locks/{refusal['lock']}/force-release", AS_ADMIN, body=named)

    assert answer.status == 200
    assert answer.body == {"released": True, "lock": "tidy-up", **named}
    [entry] = database.read("SELECT who, subject, details FROM audit_log WHERE action = 'force-release'")
    assert (entry["who"], entry["subject"]) == ("admin", "tidy-up")
    assert entry["details"]["before"]["holder"] == refusal["holder"]
    assert entry["details"]["before"]["runId"] == refusal["runId"]
    assert call("GET", "/api/locks", AS_ADMIN).body["locks"] == []
    assert call("POST", TIDY, AS_JOB).status == 202
    assert len(workers.invoked) == 2


@pytest.mark.parametrize("change", [{"holder": str(uuid4())}, {"job": "warm-one"}])
def test_another_holder_than_the_one_named_keeps_the_lock(
    call: Caller, workers: Workers, database: Database, change: dict[str, str]
) -> None:
    refusal = _refusal(call)
    named = {"job": refusal["job"], "holder": refusal["holder"], **change}
    answer = call("POST", "/api/locks/tidy-up/force-release", AS_ADMIN, body=named)

    assert answer.status == 409
    assert answer.body["holder"] == refusal["holder"]
    assert answer.body["job"] == "tidy-up"
    assert len(call("GET", "/api/locks", AS_ADMIN).body["locks"]) == 1
    assert database.read("SELECT * FROM audit_log WHERE action = 'force-release'") == []
    assert len(workers.invoked) == 1


def test_a_lock_that_is_free_or_unknown_cannot_be_released(call: Caller, platform: Platform) -> None:
    lease = platform.locks.acquire("tidy-up", 60, who="x", run_id=str(uuid4()))
    platform.locks.release(lease, "succeeded")
    named = {"job": "tidy-up", "holder": lease.holder}

    free = call("POST", "/api/locks/tidy-up/force-release", AS_ADMIN, body=named)
    assert (free.status, free.body["type"]) == (409, "/docs/problems.md#lock-not-held")
    assert call("POST", "/api/locks/nothing/force-release", AS_ADMIN, body=named).status == 404
    assert call("POST", "/api/locks/tidy-up/force-release", AS_ADMIN).fields == {"job", "holder"}


def test_a_lock_that_changes_hands_at_the_last_moment_stays_with_its_new_holder(
    call: Caller, platform: Platform, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = platform.locks.acquire("tidy-up", 60, who="the first", run_id=str(uuid4()))
    release = Locks.force_release

    def after_a_change(locks: Locks, name: str, holder: str, who: str) -> bool:
        platform.locks.release(first, "succeeded")
        platform.locks.acquire("tidy-up", 60, who="the second", run_id=str(uuid4()))
        return release(locks, name, holder, who)

    monkeypatch.setattr(Locks, "force_release", after_a_change)
    named = {"job": "tidy-up", "holder": first.holder}
    answer = call("POST", "/api/locks/tidy-up/force-release", AS_ADMIN, body=named)

    assert (answer.status, answer.body["who"]) == (409, "the second")
    assert database.read("SELECT * FROM audit_log") == []


@pytest.mark.parametrize("written", ["warm:top%20shelf", "warm%3Atop%20shelf", "warm%3atop shelf"])
def test_a_lock_named_after_data_is_released_however_its_name_is_written(
    call: Caller, platform: Platform, written: str
) -> None:
    lease = platform.locks.acquire("warm:top shelf", 60, who="x", run_id=str(uuid4()), named_after_data=True)
    named = {"job": "warm-one", "holder": lease.holder}

    assert call("POST", f"/api/locks/{written}/force-release", AS_JOB, body=named).status == 200


def test_a_release_that_cannot_be_written_down_does_not_happen(
    call: Caller, platform: Platform, database: Database
) -> None:
    lease = platform.locks.acquire("tidy-up", 60, who="x", run_id=str(uuid4()))
    named = {"job": "tidy-up", "holder": lease.holder}
    database.write("ALTER TABLE audit_log RENAME TO gone")
    try:
        answer = call("POST", "/api/locks/tidy-up/force-release", AS_JOB, body=named)
    finally:
        database.write("ALTER TABLE gone RENAME TO audit_log")

    assert answer.status == 500
    item = platform.locks.read("tidy-up")
    assert item is not None
    assert item["holder"] == lease.holder


def test_locks_are_listed_while_the_database_is_away(
    make_caller: Callable[[], Caller], platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.locks.acquire("shelf-item:5", 60, who="x", run_id=str(uuid4()))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    [lock] = make_caller()("GET", "/api/locks", AS_READER).body["locks"]

    assert (lock["name"], lock["job"]) == ("shelf-item:5", None)


def test_a_reader_changes_nothing(call: Caller, workers: Workers) -> None:
    assert call("POST", TIDY, AS_READER).status == 401
    assert call("POST", "/api/locks/tidy-up/force-release", AS_READER, body={"job": "a", "holder": "b"}).status == 401
    assert not workers.invoked
