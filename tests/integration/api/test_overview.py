"""What the page is made of: all jobs and their histories, in one statement each."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from api.catalogue import Catalogue
from api.jobs import overview
from nightshift.database import Database
from nightshift.platform import Platform, PlatformSettings
from nightshift.settings import load
from tests.support.aws import LOCK_TABLE, Aws
from tests.support.door import JOBS, TIDY, WARM

CATALOGUE = Catalogue.read([TIDY, WARM], JOBS)


@pytest.fixture
def platform(environment: Aws) -> Any:
    made = Platform(load(PlatformSettings, os.environ))
    yield made
    made.database.close()


def _run(database: Database, status: str, at: str, **columns: Any) -> str:
    run_id = str(uuid4())
    database.write(
        "INSERT INTO job_runs (id, job, lock, trigger, status, who, created_at, started_at, finished_at, error_class,"
        " error, is_whole) VALUES (:id, :job, 'l', :trigger, :status, 'w', :at, :at,"
        " CASE WHEN :status NOT IN ('queued', 'running') THEN :at::timestamptz END, :error_class, :error, :is_whole)",
        id=run_id, job=columns.get("job", "tidy-up"), status=status, at=at, error_class=columns.get("error_class"),
        trigger=columns.get("trigger", "schedule"), error=columns.get("error"), is_whole=columns.get("whole", False),
    )  # fmt: skip
    return run_id


def _watch(database: Database, since: str) -> None:
    database.write(
        "INSERT INTO job_states (job, schedule, watched_from) VALUES ('tidy-up', 'rate(30 minutes) UTC', :since)",
        since=since,
    )


def _tidy(platform: Platform, now: str) -> dict[str, Any]:
    return next(job for job in overview(platform, CATALOGUE, _utc(now)) if job["name"] == "tidy-up")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_all_jobs_cost_one_statement(platform: Platform, database: Database) -> None:
    _run(database, "succeeded", "2026-11-22T10:00Z")
    _run(database, "failed", "2026-11-22T10:00Z", job="warm-one")
    platform.database.read("SELECT 1")
    before = platform.database.round_trips

    jobs = overview(platform, CATALOGUE, _utc("2026-11-22T10:01"))

    assert platform.database.round_trips == before + 1
    assert [job["name"] for job in jobs] == ["tidy-up", "warm-one"]
    json.dumps(jobs, default=str)


def test_a_job_that_fails_tells_since_when(platform: Platform, database: Database) -> None:
    _run(database, "succeeded", "2026-11-22T09:00Z")
    for at in ("2026-11-22T09:30Z", "2026-11-22T10:00Z"):
        _run(database, "failed", at, error_class="ValueError", error="no such thing")
    _run(database, "skipped", "2026-11-22T09:40Z", error_class="held")
    tidy = _tidy(platform, "2026-11-22T10:01")

    assert (tidy["state"], tidy["since"]) == ("failed", "2026-11-22T09:30:00.000Z")
    assert tidy["stateReason"] == "2 runs in a row failed; the last: ValueError: no such thing"


def test_a_job_is_late_even_where_the_watchdog_has_not_looked_since(platform: Platform, database: Database) -> None:
    _watch(database, "2026-11-20T00:00Z")
    _run(database, "succeeded", "2026-11-22T10:00Z")

    assert _tidy(platform, "2026-11-22T10:45")["state"] == "ok"
    late = _tidy(platform, "2026-11-22T10:46")
    assert (late["state"], late["since"], late["lateAfter"]) == (
        "late", "2026-11-22T10:30:00.000Z", "2026-11-22T10:45:00.000Z",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("run", "state"),
    [
        # A tick that was skipped and a run for a part of the work do not stand in for the one that was due.
        ({"status": "skipped", "error_class": "paused"}, "late"),
        ({"status": "succeeded", "trigger": "http"}, "late"),
        ({"status": "succeeded", "trigger": "http", "whole": True}, "ok"),
        ({"status": "succeeded"}, "ok"),
        ({"status": "failed", "error_class": "E"}, "failed"),
        ({"status": "lost", "error_class": "Lost"}, "failed"),
    ],
)
def test_only_a_whole_run_makes_up_for_a_missed_one(
    platform: Platform, database: Database, run: dict[str, Any], state: str
) -> None:
    _watch(database, "2026-11-20T00:00Z")
    _run(database, "succeeded", "2026-11-22T10:00Z")
    _run(database, run.pop("status"), "2026-11-22T10:40Z", **run)

    assert _tidy(platform, "2026-11-22T10:50")["state"] == state


def test_jobs_are_told_without_their_locks_where_those_cannot_be_asked(
    platform: Platform, database: Database, aws: Aws
) -> None:
    _run(database, "succeeded", "2026-11-22T10:00Z")
    aws.client("dynamodb").delete_table(TableName=LOCK_TABLE)

    assert _tidy(platform, "2026-11-22T10:01")["lastRun"]["status"] == "succeeded"
