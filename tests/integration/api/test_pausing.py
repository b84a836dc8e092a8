"""Pausing and resuming a job at the door, and what the list of jobs says of it."""

from __future__ import annotations

from typing import Any

import pytest

from nightshift.database import Database
from tests.integration.api.conftest import Workers
from tests.support.door import AS_ADMIN, AS_JOB, AS_READER, Caller

PAUSE, RESUME = "/api/jobs/tidy-up/pause", "/api/jobs/tidy-up/resume"


def _tidy(call: Caller) -> dict[str, Any]:
    return next(dict(job) for job in call("GET", "/api/jobs", AS_READER).body["jobs"] if job["name"] == "tidy-up")


def _log(database: Database) -> list[tuple[str, str, str]]:
    rows = database.read("SELECT who, action, subject FROM audit_log WHERE action <> 'start-job' ORDER BY id")
    return [(row["who"], row["action"], row["subject"]) for row in rows]


def test_a_paused_job_says_by_whom_and_why(call: Caller, database: Database) -> None:
    answer = call("POST", PAUSE, AS_ADMIN, body={"reason": "the shop moves"})
    paused = answer.body["paused"]

    assert (answer.status, answer.body["isPaused"]) == (200, True)
    assert (paused["by"], paused["reason"]) == ("admin", "the shop moves")
    tidy = _tidy(call)
    assert (tidy["state"], tidy["paused"], tidy["since"], tidy["lateAfter"]) == ("paused", paused, paused["at"], None)
    assert "the shop moves" in tidy["stateReason"]
    assert _log(database) == [("admin", "pause-job", "tidy-up")]


def test_who_paused_first_stays_and_nothing_is_logged_twice(call: Caller, database: Database) -> None:
    first = call("POST", PAUSE, AS_ADMIN, body={"reason": "the first"}).body
    again = call("POST", PAUSE, AS_JOB, body={"reason": "the second"}).body

    assert again == first
    assert len(_log(database)) == 1


def test_a_resumed_job_goes_on(call: Caller, database: Database) -> None:
    call("POST", PAUSE, AS_ADMIN)
    answer = call("POST", RESUME, AS_JOB, body={"reason": "moved"})

    assert (answer.status, answer.body["isPaused"], answer.body["paused"]) == (200, False, None)
    assert (_tidy(call)["state"], _tidy(call)["paused"]) == ("never", None)
    assert _log(database) == [("admin", "pause-job", "tidy-up"), ("job", "resume-job", "tidy-up")]
    [entry] = database.read("SELECT details FROM audit_log WHERE action = 'resume-job'")
    assert entry["details"]["before"]["paused"]["by"] == "admin"


def test_to_resume_what_is_not_paused_changes_nothing(call: Caller, database: Database) -> None:
    assert call("POST", RESUME, AS_ADMIN).body["isPaused"] is False
    assert _log(database) == []
    assert database.read("SELECT * FROM job_settings") == []


@pytest.mark.parametrize("path", ["/api/jobs/unknown/pause", "/api/jobs/unknown/resume"])
def test_an_unknown_job_is_not_found(call: Caller, path: str) -> None:
    assert call("POST", path, AS_ADMIN).status == 404


def test_a_reader_pauses_nothing(call: Caller, database: Database) -> None:
    assert call("POST", PAUSE, AS_READER).status == 401
    assert call("POST", PAUSE, AS_ADMIN, body={"reason": "x" * 301}).fields == {"reason"}
    assert database.read("SELECT * FROM job_settings") == []


def test_a_paused_job_can_be_started_by_hand(call: Caller, workers: Workers) -> None:
    call("POST", PAUSE, AS_ADMIN)

    assert call("POST", "/api/jobs/tidy-up", AS_JOB).status == 202
    assert len(workers.invoked) == 1


def test_pausing_leaves_the_version_of_the_jobs_configuration_alone(call: Caller, database: Database) -> None:
    call("POST", PAUSE, AS_ADMIN)
    [row] = database.read("SELECT version, enabled, settings FROM job_settings")
    assert (row["version"], row["enabled"], row["settings"]) == (0, True, {})

    database.write("UPDATE job_settings SET version = 7, settings = '{\"batchSize\": 3}'")
    call("POST", RESUME, AS_ADMIN)
    call("POST", PAUSE, AS_ADMIN)
    [row] = database.read("SELECT version, settings FROM job_settings")
    assert (row["version"], row["settings"]) == (7, {"batchSize": 3})
