"""What becomes of jobs: results, retries, late answers, and that nothing is written twice or by a stranger."""

from __future__ import annotations

from typing import Any, get_args
from uuid import uuid4

import pytest

from nightshift.database import Database
from puppet.records import Outcome
from puppet.store import ClaimedJob, Limits, Result, claim, complete, complete_later, register, rescue
from tests.integration.puppet.working import Queue


@pytest.fixture
def job(jobs: Queue, database: Database) -> ClaimedJob:
    register(database, "p")
    jobs.put("visit", user_id="ann", max_retries=1)
    return take(database)


def take(database: Database) -> ClaimedJob:
    (job,) = claim(database, "p", uuid4(), Limits())
    return job


def counts(jobs: Queue) -> list[int]:
    return list(
        jobs.run("SELECT processed, succeeded, failed FROM puppet_cron_processor_state WHERE processor_id = 'p'")[0]
    )


@pytest.mark.parametrize(
    ("outcome", "status", "final", "counted"),
    [
        ("success", "completed", "success", [1, 1, 0]),
        ("duplicate", "completed", "duplicate", [1, 1, 0]),
        ("failed", "failed", "failed", [1, 0, 1]),
        ("timeout", "failed", "timeout", [1, 0, 1]),
    ],
)
def test_an_outcome_ends_the_job(  # noqa: PLR0917  # a row of the table
    jobs: Queue, database: Database, job: ClaimedJob, outcome: Outcome, status: str, final: str, counted: list[int]
) -> None:
    said = Result(job.id, job.token, outcome, "network", "it broke", result={"n": 1}, duration_ms=40)
    assert complete(database, "p", [said]) == []
    row = jobs.job(str(job.id))
    assert (row["status"], row["final_status"], row["claim_token"], row["result"]) == (status, final, None, {"n": 1})
    assert row["finished_at"] is not None
    (log,) = jobs.logs(str(job.id))
    assert (log["outcome"], log["attempt"], log["will_retry"], log["duration_ms"]) == (outcome, 1, False, 40)
    assert (log["user_id"], log["job_type"], log["processor_id"]) == ("ann", "visit", "p")
    assert (log["batch_id"], log["error_type"], log["error"]) == (str(job.batch_id), "network", "it broke")
    assert counts(jobs) == counted


@pytest.mark.parametrize("outcome", ["failed", "timeout"])
def test_a_failure_is_tried_again_as_long_as_attempts_are_left(
    jobs: Queue, database: Database, job: ClaimedJob, outcome: Outcome
) -> None:
    complete(database, "p", [Result(job.id, job.token, outcome, "network", "it broke", retry_in_s=60.0)])
    row = jobs.job(str(job.id))
    assert (row["status"], row["final_status"], row["claim_token"], row["attempts"]) == ("pending", None, None, 1)
    assert row["next_retry_at"] == row["scheduled_at"] > row["claimed_at"]
    assert len(claim(database, "p", uuid4(), Limits())) == 0
    jobs.make_due()
    second = take(database)
    assert (second.id, second.attempt) == (job.id, 2)
    complete(database, "p", [Result(second.id, second.token, outcome, retry_in_s=60.0)])
    row = jobs.job(str(job.id))
    assert (row["status"], row["final_status"], row["next_retry_at"]) == ("failed", outcome, None)
    assert [(log["attempt"], log["will_retry"]) for log in jobs.logs(str(job.id))] == [(1, True), (2, False)]


def test_a_job_that_was_cancelled_meanwhile_is_not_tried_again(
    jobs: Queue, database: Database, job: ClaimedJob
) -> None:
    jobs.run("UPDATE puppet_jobs SET final_status = 'cancelled'")
    assert complete(database, "p", [Result(job.id, job.token, "failed", retry_in_s=0)]) == []
    row = jobs.job(str(job.id))
    assert (row["status"], row["final_status"]) == ("failed", "cancelled")


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_what_is_said_twice_is_written_once_and_not_refused(
    jobs: Queue, database: Database, job: ClaimedJob, outcome: Outcome
) -> None:
    said = [Result(job.id, job.token, outcome, retry_in_s=0, deadline_s=60)]
    assert complete(database, "p", said) == []
    before = (jobs.job(str(job.id)), jobs.logs(str(job.id)), counts(jobs))
    assert complete(database, "p", said) == []
    if outcome != "waiting":
        assert (jobs.job(str(job.id)), jobs.logs(str(job.id)), counts(jobs)) == before


def test_a_repetition_is_known_when_the_next_attempt_runs_already(
    jobs: Queue, database: Database, job: ClaimedJob
) -> None:
    said = [Result(job.id, job.token, "failed", retry_in_s=0)]
    complete(database, "p", said)
    jobs.make_due()
    take(database)
    assert complete(database, "p", said) == []
    assert [log["outcome"] for log in jobs.logs(str(job.id))] == ["failed"]


def test_a_late_result_of_a_lost_claim_is_refused_and_logged_once(
    jobs: Queue, database: Database, job: ClaimedJob
) -> None:
    rescue(database, Limits(stuck_after_s=-1))
    second = take(database)
    late = [Result(job.id, job.token, "success", duration_ms=70)]
    assert complete(database, "p", late) == [job.id]
    assert complete(database, "p", late) == [job.id]
    row = jobs.job(str(job.id))
    assert (row["status"], row["claim_token"]) == ("running", str(second.token))
    assert sorted(log["outcome"] for log in jobs.logs(str(job.id))) == ["refused", "stuck"]
    assert counts(jobs) == [0, 0, 0]
    assert complete(database, "p", [Result(job.id, second.token, "success")]) == []


def test_one_refusal_does_not_touch_the_rest_of_a_batch(jobs: Queue, database: Database, job: ClaimedJob) -> None:
    jobs.put(user_id="bob", jobs=2)
    good = claim(database, "p", uuid4(), Limits())
    results = [Result(each.id, each.token, "success") for each in good]
    assert complete(database, "p", [*results, Result(job.id, uuid4(), "success")]) == [job.id]
    assert jobs.statuses() == {"success": 2, "running": 1}


def test_a_job_that_is_gone_is_refused(jobs: Queue, database: Database, job: ClaimedJob) -> None:
    jobs.run("DELETE FROM puppet_jobs")
    assert complete(database, "p", [Result(job.id, job.token, "success")]) == [job.id]


def test_nothing_to_say_asks_nothing(database: Database) -> None:
    assert complete(database, "p", []) == []
    assert database.round_trips == 0


def test_a_worker_that_answers_later_keeps_its_job_in_flight(jobs: Queue, database: Database, job: ClaimedJob) -> None:
    assert complete(database, "p", [Result(job.id, job.token, "waiting", deadline_s=60)]) == []
    row = jobs.job(str(job.id))
    assert (row["status"], row["claim_token"]) == ("waiting", str(job.token))
    assert row["deadline_at"] > row["claimed_at"]
    assert row["finished_at"] is None
    assert jobs.logs(str(job.id)) == []
    assert complete_later(database, Result(job.id, uuid4(), "success")) is False
    assert complete_later(database, Result(job.id, job.token, "success", result={"done": True})) is True
    assert complete_later(database, Result(job.id, job.token, "success", result={"done": True})) is True
    assert jobs.job(str(job.id))["result"] == {"done": True}
    assert [log["outcome"] for log in jobs.logs(str(job.id))].count("success") == 1
    assert counts(jobs) == [1, 1, 0]


@pytest.mark.parametrize(
    "odd", ["'; DROP TABLE puppet_jobs; --", ":name ::cast $$ \\ %s", "\u2028 ü 𝄞", "x" * 100_000], ids=str.__len__
)
def test_any_text_is_kept(jobs: Queue, database: Database, job: ClaimedJob, odd: str) -> None:
    complete(database, "p", [Result(job.id, job.token, "failed", odd[:50], odd, result={odd[:50]: [odd]})])
    row: dict[str, Any] = jobs.job(str(job.id))
    assert (row["error"], row["result"]) == (odd, {odd[:50]: [odd]})


def test_what_postgresql_cannot_keep_is_replaced(jobs: Queue, database: Database, job: ClaimedJob) -> None:
    complete(
        database, "p", [Result(job.id, job.token, "failed", None, "a\x00b", result={"k\x00": ["\ud800", "\\u0000"]})]
    )
    row = jobs.job(str(job.id))
    assert (row["error"], row["result"]) == ("a\ufffdb", {"k\ufffd": ["\ufffd", "\\u0000"]})
