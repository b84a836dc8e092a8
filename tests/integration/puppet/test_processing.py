"""One processor over a real queue: what becomes of jobs that succeed, fail, hang, break, or come too late."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from nightshift.database import Database
from nightshift.errors import DatabaseError, DatabaseUnavailable
from puppet import store
from puppet.alerting import BatchSummary
from puppet.executing import Accepted, Answer, Done, JobType
from puppet.failures import ErrorType, failure
from puppet.processing import Hooks
from puppet.store import ClaimedJob, Result
from tests.integration.puppet.working import Queue, configuration, done, outcomes, types, work


def test_due_jobs_are_carried_out_and_written_with_what_their_worker_said(jobs: Queue, database: Database) -> None:
    ids = jobs.put(jobs=25, payload={"n": 1})
    later = jobs.put(scheduled_at="2999-01-01")

    tally = work(database, types(work=done)).tally

    assert (tally.counts["claimed"], tally.counts["success"], tally.errors) == (25, 25, [])
    assert jobs.job(ids[0])["result"] == {"did": "work"}
    assert jobs.job(ids[0])["final_status"] == "success"
    assert jobs.job(later[0])["status"] == "pending"


def test_batches_are_full_but_the_last_and_told_when_all_of_them_ended(jobs: Queue, database: Database) -> None:
    jobs.put(jobs=25)
    told: list[BatchSummary] = []

    tally = work(database, types(work=done), hooks=Hooks(after_batch=told.append)).tally

    assert [summary.succeeded for summary in told] == [20, 5]
    assert tally.counts["batches"] == 2
    assert jobs.run("SELECT count(*) FROM puppet_job_execution_logs GROUP BY batch_id ORDER BY 1") == [[5], [20]]


def test_never_more_are_at_work_than_may_be_and_room_is_filled_at_once(jobs: Queue, database: Database) -> None:
    jobs.put(jobs=12)
    at_work, most, turn = 0, 0, threading.Lock()
    all_three = threading.Barrier(3)

    def together(_job: ClaimedJob, _timeout_s: float) -> Answer:
        nonlocal at_work, most
        with turn:
            at_work += 1
            most = max(most, at_work)
        all_three.wait(5)  # each needs two others beside it
        with turn:
            at_work -= 1
        return Done()

    tally = work(database, types(work=together), configuration(max_concurrent_jobs=3)).tally

    assert (tally.counts["success"], most) == (12, 3)


def test_a_batch_is_topped_up_while_one_of_its_jobs_is_still_at_work(jobs: Queue, database: Database) -> None:
    jobs.put("slow")
    jobs.put(jobs=6)
    others = threading.Semaphore(0)

    def slow(_job: ClaimedJob, _timeout_s: float) -> Answer:
        return Done() if all(others.acquire(timeout=5) for _ in range(6)) else failure(ErrorType.UNKNOWN, "alone")

    def quick(_job: ClaimedJob, _timeout_s: float) -> Answer:
        others.release()
        return Done()

    tally = work(database, types(slow=slow, work=quick), configuration(max_concurrent_jobs=2)).tally

    assert (tally.counts["success"], tally.counts["batches"]) == (7, 1)


def test_a_failure_is_tried_again_with_a_wait_until_its_retries_are_used_up(jobs: Queue, database: Database) -> None:
    (job_id,) = jobs.put(max_retries=2)
    told: list[BatchSummary] = []

    def fail(_job: ClaimedJob, _timeout_s: float) -> Answer:
        return failure(ErrorType.LINKEDIN, "the weekly limit is reached", retry_after_s=900)

    for attempt in (1, 2, 3):
        tally = work(database, types(work=fail), hooks=Hooks(after_batch=told.append)).tally
        assert (tally.counts["failed"], tally.counts["retried"]) == (1, int(attempt < 3))
        if attempt < 3:
            waits = jobs.run("SELECT extract(epoch FROM next_retry_at - now())::int, status FROM puppet_jobs")
            assert 890 <= waits[0][0] <= 1000
            assert waits[0][1] == "pending"
        jobs.make_due()

    job = jobs.job(job_id)
    assert (job["final_status"], job["error_type"], job["attempts"]) == ("failed", "linkedin_error", 3)
    assert [entry["will_retry"] for entry in jobs.logs(job_id)] == [True, True, False]
    assert [(summary.failed, dict(summary.errors)) for summary in told] == [(1, {"linkedin_error": 1})] * 3


@pytest.mark.parametrize(("most", "attempts"), [(0, 1), (1, 2)])
def test_nobody_is_tried_more_often_than_the_configuration_allows(
    jobs: Queue, database: Database, most: int, attempts: int
) -> None:
    (job_id,) = jobs.put(max_retries=20)
    for _ in range(4):
        work(database, types(work=lambda *_: failure(ErrorType.NETWORK, "gone")), configuration(max_retries=most))
        jobs.make_due()

    assert (jobs.job(job_id)["attempts"], jobs.job(job_id)["final_status"]) == (attempts, "failed")


def test_a_permanent_failure_is_final_at_once(jobs: Queue, database: Database) -> None:
    (job_id,) = jobs.put()

    work(database, types(work=lambda *_: failure(ErrorType.AUTHENTICATION, "signed out")))

    assert (jobs.job(job_id)["final_status"], jobs.job(job_id)["attempts"]) == ("failed", 1)


def test_a_type_that_nobody_knows_fails_and_says_which_there_are(jobs: Queue, database: Database) -> None:
    (job_id,) = jobs.put("knit")

    work(database, types(work=done, send_invite=done))

    job = jobs.job(job_id)
    assert (job["final_status"], job["error_type"]) == ("failed", "validation_error")
    assert "'knit'" in job["error"]
    assert "send_invite, work" in job["error"]


def test_an_executor_that_breaks_fails_its_own_job_alone(jobs: Queue, database: Database) -> None:
    (broken,) = jobs.put("broken")
    (well,) = jobs.put()

    def explode(_job: ClaimedJob, _timeout_s: float) -> Answer:
        raise RuntimeError("password=hunter2")

    work(database, types(work=done, broken=explode))

    assert jobs.job(well)["final_status"] == "success"
    assert (jobs.job(broken)["status"], jobs.job(broken)["error_type"]) == ("pending", "unknown")
    assert "hunter2" not in str(jobs.job(broken))


def test_a_thread_that_hangs_ends_as_timeout_and_holds_nobody_up(jobs: Queue, database: Database) -> None:
    (hangs,) = jobs.put("hang")
    jobs.put(jobs=8)
    released = threading.Event()

    def hang(_job: ClaimedJob, _timeout_s: float) -> Answer:
        released.wait(60)
        return Done({"too": "late"})

    try:
        began = time.monotonic()
        tally = work(
            database, types(work=done, hang=JobType(hang, timeout_s=0.1)), configuration(max_concurrent_jobs=2)
        ).tally
        assert time.monotonic() - began < 20
    finally:
        released.set()

    assert (tally.counts["success"], tally.counts["timeout"]) == (8, 1)
    assert (jobs.job(hangs)["status"], jobs.job(hangs)["error_type"]) == ("pending", "timeout")
    assert outcomes(jobs.logs(hangs)) == ["timeout"]


def test_a_late_result_of_a_lost_claim_is_refused_and_logged(
    jobs: Queue, database: Database, postgres_url: str
) -> None:
    (job_id,) = jobs.put()

    def lose(_job: ClaimedJob, _timeout_s: float) -> Answer:
        # Somebody takes it for abandoned while it is at work.
        jobs.run("UPDATE puppet_jobs SET heartbeat_at = now() - interval '1 hour'")
        with_rescue = "SELECT * FROM rescue_puppet_jobs(300)"
        jobs.run(with_rescue)
        jobs.run("UPDATE puppet_jobs SET scheduled_at = now() + interval '1 day'")
        return Done({"too": "late"})

    tally = work(database, types(work=lose)).tally

    assert (tally.counts["refused"], tally.counts["success"]) == (1, 0)
    assert (jobs.job(job_id)["status"], jobs.job(job_id)["result"]) == ("pending", None)
    assert sorted(outcomes(jobs.logs(job_id))) == ["refused", "stuck"]


def test_nothing_is_claimed_that_could_not_end_in_time(jobs: Queue, database: Database) -> None:
    jobs.put(jobs=3)

    done_ = work(database, types(work=done), configuration(job_timeout_s=60), time_left_s=89)

    assert (done_.tally.counts["claimed"], done_.stopped) == (0, "the time is up")
    assert jobs.statuses() == {"pending": 3}


def test_the_longest_time_out_of_any_type_counts(jobs: Queue, database: Database) -> None:
    jobs.put()

    slow = types(work=done, slow=JobType(done, timeout_s=300))

    assert work(database, slow, time_left_s=329).tally.counts["claimed"] == 0
    assert work(database, slow, time_left_s=335).tally.counts["claimed"] == 1


def test_time_that_runs_out_stops_claims_and_what_is_at_work_ends(jobs: Queue, database: Database) -> None:
    jobs.put(jobs=10)
    clock = [0.0]

    def take_long(_job: ClaimedJob, _timeout_s: float) -> Answer:
        clock[0] = 580.0  # of 600
        return Done()

    done_ = work(
        database,
        types(work=take_long),
        configuration(max_concurrent_jobs=2),
        hooks=Hooks(monotonic=lambda: clock[0] + time.monotonic()),
    )

    assert (done_.tally.counts["success"], done_.stopped) == (2, "the time is up")
    assert jobs.statuses() == {"success": 2, "pending": 8}
    assert jobs.run("SELECT status FROM puppet_cron_processor_state") == [["stopped"]]


def test_processing_that_is_stopped_claims_no_more(jobs: Queue, database: Database) -> None:
    jobs.put(jobs=10)
    clock = [0.0]

    def take_a_while(_job: ClaimedJob, _timeout_s: float) -> Answer:
        clock[0] += 10.0
        return Done()

    done_ = work(
        database,
        types(work=take_a_while),
        configuration(max_concurrent_jobs=1),
        hooks=Hooks(reread=lambda: configuration(enabled=False), monotonic=lambda: clock[0] + time.monotonic()),
    )

    assert (done_.tally.counts["success"], done_.stopped) == (1, "processing was stopped")
    assert jobs.statuses() == {"success": 1, "pending": 9}


def test_a_job_that_its_worker_took_waits_for_the_call_back(jobs: Queue, database: Database) -> None:
    (job_id,) = jobs.put()

    tally = work(database, types(work=JobType(lambda *_: Accepted(), callback_s=120.0))).tally

    assert tally.counts["waiting"] == 1
    assert jobs.job(job_id)["status"] == "waiting"
    assert jobs.run("SELECT extract(epoch FROM deadline_at - now()) BETWEEN 100 AND 120 FROM puppet_jobs") == [[True]]


def test_a_result_that_postgresql_cannot_keep_costs_no_other_job_its_end(jobs: Queue, database: Database) -> None:
    (odd,) = jobs.put("odd")
    (well,) = jobs.put()

    said = {"text": "a\x00b", "half": "\ud800", "number": float("inf")}
    tally = work(database, types(work=done, odd=lambda *_: Done(said))).tally

    assert tally.counts["success"] == 2
    assert jobs.job(odd)["result"] == {"text": "a\ufffdb", "half": "\ufffd", "number": None}
    assert jobs.job(well)["final_status"] == "success"


def test_what_one_user_has_left_follows_in_the_same_run(jobs: Queue, database: Database) -> None:
    jobs.put(jobs=5, user_id="ada")

    tally = work(database, types(work=done), configuration(per_user_limit=2)).tally

    assert tally.counts["success"] == 5


def test_a_connection_that_breaks_while_results_are_written_loses_none(
    jobs: Queue, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.put(jobs=3)
    complete, answers = store.complete, iter([DatabaseUnavailable("gone"), None])

    def break_once(given: Database, processor_id: str, results: Any) -> Any:
        written = complete(given, processor_id, results)
        if (broken := next(answers, None)) is not None:
            raise broken  # after it was written: the answer was lost
        return written

    monkeypatch.setattr(store, "complete", break_once)
    tally = work(database, types(work=done)).tally

    assert (tally.counts["success"], tally.counts["refused"]) == (3, 0)
    assert jobs.run("SELECT count(*) FROM puppet_job_execution_logs WHERE outcome = 'success'") == [[3]]


def test_a_run_that_breaks_gives_back_what_it_has_not_begun(
    jobs: Queue, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.put(jobs=4)
    monkeypatch.setattr("puppet.crew.Threads.submit", lambda threads, tasks, _at_work: _only_queue(threads, tasks))

    def refuse(*_: Any) -> Any:
        raise DatabaseError("the disk is full", "53100")

    monkeypatch.setattr(store, "heartbeat", refuse)
    clock = [0.0]

    def pass_quickly() -> float:
        clock[0] += 8.0
        return clock[0]

    with pytest.raises(DatabaseError, match="disk is full"):
        work(database, types(work=done), hooks=Hooks(monotonic=pass_quickly), time_left_s=10_000)

    assert jobs.run("SELECT status, attempts FROM puppet_jobs") == [["pending", 0]] * 4
    assert jobs.run("SELECT status FROM puppet_cron_processor_state") == [["stopped"]]


def _only_queue(threads: Any, tasks: Any) -> None:
    for task in tasks:
        threads._waiting.put(task)


def test_signs_of_life_keep_what_is_at_work_from_being_taken_for_abandoned(jobs: Queue, database: Database) -> None:
    jobs.put()
    clock, beaten = [0.0], threading.Event()

    def wait_for_a_beat(_job: ClaimedJob, _timeout_s: float) -> Answer:
        jobs.run("UPDATE puppet_jobs SET heartbeat_at = now() - interval '10 minutes'")
        clock[0] += 31.0
        for _ in range(500):
            if jobs.run("SELECT heartbeat_at > now() - interval '1 minute' FROM puppet_jobs") == [[True]]:
                beaten.set()
                break
            time.sleep(0.01)
        return Done()

    in_force = replace(configuration(), job_timeout_s=120)
    work(
        database,
        types(work=wait_for_a_beat),
        in_force,
        hooks=Hooks(monotonic=lambda: clock[0] + time.monotonic()),
    )

    assert beaten.is_set()


def test_abandoned_jobs_are_brought_back_by_the_next_run_and_carried_out(jobs: Queue, database: Database) -> None:
    (job_id,) = jobs.put()
    store.claim(database, "somebody who died", uuid4(), store.Limits())
    jobs.run("UPDATE puppet_jobs SET heartbeat_at = now() - interval '6 minutes'")

    done_ = work(database, types(work=done))

    assert (done_.rescued.reset, done_.tally.counts["success"]) == (1, 1)
    assert outcomes(jobs.logs(job_id)) == ["stuck", "success"]


def test_a_result_said_twice_by_two_processors_counts_once(jobs: Queue, database: Database) -> None:
    (job_id,) = jobs.put()
    (claimed,) = store.claim(database, "first", uuid4(), store.Limits()).jobs
    result = Result(claimed.id, claimed.token, "success")

    assert store.complete(database, "first", [result]) == []
    assert store.complete(database, "first", [result]) == []
    assert outcomes(jobs.logs(job_id)) == ["success"]
