"""Health says what is well line by line, also while a part is down."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from api.door import Door
from api.settings import load_settings
from nightshift.platform import Platform, PlatformSettings
from nightshift.settings import load
from puppet import routes
from tests.integration.puppet.reading.history import History
from tests.support.aws import Aws
from tests.support.door import AS_ADMIN, AS_READER, Answer, Caller

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def health(call: Caller) -> Answer:
    return call("GET", "/api/cron/health", AS_READER)


def lines(answer: Answer) -> dict[str, Any]:
    return {line["name"]: line for line in answer.body["checks"]}


def bad(answer: Answer) -> set[str]:
    return {name for name, line in lines(answer).items() if not line["ok"]}


@pytest.fixture
def well(history: History) -> History:
    """All is as it should be."""
    history.processor(beat="5 seconds")
    history.job(due="2 minutes")
    history.job(status="running", beat="5 seconds")
    return history


def test_all_is_well(call: Caller, well: History) -> None:
    answer = health(call)
    assert (answer.status, answer.body["status"]) == (200, "healthy")
    found = lines(answer)
    assert list(found) == ["lockTable", "database", "heartbeat", "backlog", "stuck"]
    assert {name: line["unit"] for name, line in found.items()} == {
        "lockTable": "ms", "database": "ms", "heartbeat": "s", "backlog": "s", "stuck": "jobs",
    }  # fmt: skip
    assert 5 <= found["heartbeat"]["measured"] < 60
    assert 120 <= found["backlog"]["measured"] < 180
    assert found["stuck"]["measured"] == 0


class TestHeartbeat:
    def test_a_tick_that_was_missed(self, call: Caller, well: History) -> None:
        well.run("UPDATE puppet_cron_processor_state SET heartbeat_at = now() - interval '4 minutes'")
        answer = health(call)
        assert (answer.status, bad(answer)) == (503, {"heartbeat"})
        assert "should have run at" in lines(answer)["heartbeat"]["detail"]

    def test_a_run_is_a_sign_of_life_where_no_processor_left_one(self, call: Caller, well: History) -> None:
        well.run("DELETE FROM puppet_cron_processor_state")
        assert bad(health(call)) == {"heartbeat"}
        run = (
            "INSERT INTO job_runs (id, job, lock, trigger, status, who)"
            " VALUES (gen_random_uuid(), 'puppet-jobs', 'puppet-jobs', 'schedule', '{}', 'test')"
        )
        well.run(run.format("skipped"))
        assert bad(health(call)) == {"heartbeat"}
        well.run(run.format("succeeded"))
        assert bad(health(call)) == set()

    def test_it_follows_the_schedule(self, call: Caller, well: History, monkeypatch: pytest.MonkeyPatch) -> None:
        well.run("UPDATE puppet_cron_processor_state SET heartbeat_at = now() - interval '4 minutes'")
        entry = {"function": "f", "schedule": "cron(0 0 1 1 ? 2199)", "zone": "UTC"}
        monkeypatch.setenv("JOBS", json.dumps({"puppet-jobs": entry}))
        assert bad(health(call)) == set()

    def test_none_is_expected_where_processing_is_stopped(self, call: Caller) -> None:
        assert bad(health(call)) == {"heartbeat"}
        call("POST", "/api/cron/stop", AS_ADMIN)
        answer = health(call)
        assert answer.status == 200
        assert "stopped by admin" in lines(answer)["heartbeat"]["detail"]

    def test_none_is_expected_where_nothing_starts_the_processor(
        self, call: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JOBS", json.dumps({"puppet-jobs": {"function": "f", "enabled": False}}))
        assert bad(health(call)) == set()


class TestQueue:
    def test_a_job_that_waits_too_long(self, call: Caller, well: History) -> None:
        well.job(due="20 minutes")
        answer = health(call)
        assert (answer.status, bad(answer)) == (503, {"backlog"})

    def test_a_job_that_is_not_due_or_has_ended_waits_for_nothing(self, call: Caller, well: History) -> None:
        well.job(due="-1 day")
        well.job(due="1 day", status="completed", final_status="success")
        well.job(due="1 day", final_status="cancelled")
        assert health(call).status == 200

    def test_jobs_that_nobody_rescued(self, call: Caller, well: History) -> None:
        well.job(status="running", beat="6 minutes")
        assert health(call).status == 200, "the next tick rescues it"
        well.job(status="running", beat="8 minutes", count=2)
        well.job(status="waiting", beat="3 minutes")
        answer = health(call)
        assert (answer.status, bad(answer)) == (503, {"stuck"})
        assert lines(answer)["stuck"]["measured"] == 3


@pytest.fixture
def call_without_database(environment: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Caller]:
    monkeypatch.setenv("DATABASE_URL", NOWHERE)
    platform = Platform(load(PlatformSettings, os.environ))
    yield Caller(Door(platform, load_settings(os.environ), (routes,)))
    platform.database.close()


def test_without_the_database_the_lock_table_is_still_looked_at(call_without_database: Caller) -> None:
    answer = health(call_without_database)
    assert (answer.status, answer.body["status"]) == (503, "unhealthy")
    found = lines(answer)
    assert found["lockTable"]["ok"]
    assert found["database"]["detail"] == "the database cannot be reached"
    assert {found[name]["measured"] for name in ("heartbeat", "backlog", "stuck")} == {None}
    assert "127.0.0.1" not in answer.text, "where the database is, is nobody's business here"


def test_without_the_lock_table_the_database_is_still_looked_at(
    call: Caller, well: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCK_TABLE", "no-such-table")
    platform = Platform(load(PlatformSettings, os.environ))
    answer = health(Caller(Door(platform, load_settings(os.environ), (routes,))))
    platform.database.close()
    assert (answer.status, bad(answer)) == (503, {"lockTable"})


def test_a_question_that_fails_leaves_the_others(call: Caller, well: History) -> None:
    well.run("ALTER TABLE puppet_cron_processor_state RENAME TO elsewhere")
    try:
        answer = health(call)
    finally:
        well.run("ALTER TABLE elsewhere RENAME TO puppet_cron_processor_state")
    assert (answer.status, bad(answer)) == (503, {"heartbeat"})


def test_settings_that_are_wrong_are_said(call: Caller, well: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUPPET_BATCH_SIZE", "0")
    answer = health(call)
    assert answer.status == 503
    assert "PUPPET_BATCH_SIZE" in lines(answer)["database"]["detail"]
