"""What nobody works at any more is put back or ended, by a claim and by itself; and who is alive says so."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from nightshift.database import Database
from puppet.store import Limits, Rescued, Result, claim, complete, give_back, heartbeat, register, rescue, stop
from tests.integration.puppet.working import Queue

LIMITS = Limits(stuck_after_s=300)


def take(database: Database, processor: str = "p", limits: Limits = LIMITS) -> list[tuple[UUID, UUID]]:
    return [(job.id, job.token) for job in claim(database, processor, uuid4(), limits)]


def fall_silent(jobs: Queue, seconds: int = 301) -> None:
    jobs.run(f"UPDATE puppet_jobs SET heartbeat_at = heartbeat_at - interval '{seconds} s'")


@pytest.mark.parametrize("by", ["rescue", "claim"])
@pytest.mark.parametrize(("attempts", "status"), [(1, "pending"), (2, "pending"), (3, "failed"), (4, "failed")])
def test_a_silent_job_is_put_back_while_attempts_are_left(
    jobs: Queue, database: Database, by: str, attempts: int, status: str
) -> None:
    (job_id,) = jobs.put(max_retries=2)
    take(database)
    jobs.run("UPDATE puppet_jobs SET attempts = :n", n=attempts)
    fall_silent(jobs)
    if by == "rescue":
        assert rescue(database, LIMITS) == Rescued(int(status == "pending"), int(status == "failed"))
        assert jobs.job(job_id)["status"] == status
    else:
        assert bool(take(database, "another")) == (status == "pending")
    (log,) = jobs.logs(job_id)
    assert (log["outcome"], log["error_type"], log["will_retry"]) == ("stuck", "timeout", status == "pending")
    assert log["processor_id"] == "p"
    if status == "failed":
        row = jobs.job(job_id)
        assert (row["status"], row["final_status"], row["claim_token"]) == ("failed", "timeout", None)
        assert row["finished_at"] is not None


def test_a_job_that_was_heard_of_is_left_alone(jobs: Queue, database: Database) -> None:
    jobs.put(jobs=2)
    claimed = take(database)
    fall_silent(jobs)
    assert heartbeat(database, "p", [claimed[0][1]]) == []
    assert rescue(database, LIMITS) == Rescued(1, 0)
    assert jobs.job(str(claimed[0][0]))["status"] == "running"


def test_a_heartbeat_tells_which_claims_are_lost(jobs: Queue, database: Database) -> None:
    register(database, "p")
    jobs.put(jobs=2)
    (_, kept), (_, lost) = take(database)
    give_back(database, [lost])
    unknown = uuid4()
    assert set(heartbeat(database, "p", [kept, lost, unknown])) == {lost, unknown}
    assert heartbeat(database, "p", []) == []


@pytest.mark.parametrize(("max_retries", "status"), [(1, "pending"), (0, "failed")])
def test_a_worker_that_never_calls_back_is_given_up(
    jobs: Queue, database: Database, max_retries: int, status: str
) -> None:
    (job_id,) = jobs.put(max_retries=max_retries)
    ((_, token),) = take(database)
    complete(database, "p", [Result(UUID(job_id), token, "waiting", deadline_s=60)])
    fall_silent(jobs)
    assert rescue(database, LIMITS) == Rescued(0, 0)
    jobs.run("UPDATE puppet_jobs SET deadline_at = now() - interval '1 s'")
    assert rescue(database, LIMITS) == Rescued(int(status == "pending"), int(status == "failed"))
    assert jobs.job(job_id)["status"] == status
    assert [log["outcome"] for log in jobs.logs(job_id)] == ["timeout"]


def test_a_cancelled_job_is_not_put_back(jobs: Queue, database: Database) -> None:
    (job_id,) = jobs.put()
    take(database)
    jobs.run("UPDATE puppet_jobs SET final_status = 'cancelled'")
    fall_silent(jobs)
    assert rescue(database, LIMITS) == Rescued(0, 1)
    assert jobs.job(job_id)["final_status"] == "cancelled"


def test_room_that_stuck_jobs_held_is_free_in_the_same_claim(jobs: Queue, database: Database) -> None:
    jobs.put(jobs=2)
    limits = Limits(max_concurrent=2)
    stuck = take(database, limits=limits)
    assert take(database, limits=limits) == []
    fall_silent(jobs)
    again = take(database, "another", limits)
    assert len(again) == 2
    assert {job_id for job_id, _ in again} == {job_id for job_id, _ in stuck}


def test_a_processor_says_when_it_begins_lives_and_ends(jobs: Queue, database: Database) -> None:
    run = str(uuid4())

    def state() -> dict[str, object]:
        return dict(jobs.run("SELECT to_jsonb(p) FROM puppet_cron_processor_state AS p")[0][0])

    register(database, "p", run)
    began = state()
    assert (began["status"], began["run_id"], began["stopped_at"]) == ("running", run, None)
    heartbeat(database, "p", [])
    assert str(state()["heartbeat_at"]) > str(began["heartbeat_at"])
    stop(database, "p")
    assert (state()["status"], state()["stopped_at"] is None) == ("stopped", False)
    register(database, "p", run)
    assert (state()["status"], state()["stopped_at"]) == ("running", None)
