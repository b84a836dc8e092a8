"""A run knows when it must stop and what it may still write."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pg8000.native
import pytest

from nightshift import Outcome, Run
from nightshift.errors import JobFailed, LeaseLost, StaleFence
from nightshift.platform import platform
from tests.integration.library.jobs import SCHEDULED, Context, make, nothing

pytestmark = pytest.mark.usefixtures("aws")
INSERT = "INSERT INTO job_settings (job, updated_by) VALUES (:job, 'test')"


def runs(postgres: Any, columns: str = "status, error_class") -> list[Any]:
    return list(postgres.run(f"SELECT {columns} FROM job_runs ORDER BY created_at"))


class Seen:
    """Keeps the run, to look at it afterwards."""

    run: Run
    at: float
    lock: dict[str, Any]

    def __call__(self, run: Run) -> Outcome:
        self.run, self.at = run, time.monotonic()
        self.lock = platform().locks.read(run.job.name) or {}
        return Outcome()

    @property
    def works_for_s(self) -> float:
        return self.run.deadline - self.at

    @property
    def lease_s(self) -> float:
        return float(self.lock["until_ms"] - self.lock["since_ms"]) / 1000


@pytest.mark.usefixtures("postgres_url")
class TestDeadline:
    @pytest.mark.parametrize(
        ("remaining_s", "at_most_s", "lease_s", "works_s"),
        [
            (60.0, 300, 60, 50),  # the invocation ends first
            (900.0, 300, 300, 290),  # the job's own limit comes first
            (20.0, 300, 20, 16),  # a short one keeps back a fifth
        ],
    )
    def test_it_is_the_invocations_or_the_jobs_less_what_finishing_takes(
        self, remaining_s: float, at_most_s: int, lease_s: float, works_s: float
    ) -> None:
        seen = Seen()
        _, handler = make(seen, at_most_s=at_most_s)
        handler({}, Context(remaining_s))
        assert seen.lease_s == pytest.approx(lease_s, abs=2)
        assert seen.lease_s <= min(remaining_s, at_most_s), "Lambda ends the run no later than the lease ends"
        assert works_s - 5 < seen.works_for_s <= works_s
        assert seen.run.lease is not None
        assert seen.run.deadline < seen.run.lease.deadline, "there is time to record it under the lease"

    def test_a_checkpoint_keeps_the_lease_within_both_limits(self) -> None:
        seen = Seen()

        def checks(run: Run) -> Outcome:
            before = run.lease
            run.checkpoint()
            assert run.lease is not None
            assert before is not None
            assert run.lease.holder == before.holder
            return seen(run)

        _, handler = make(checks, at_most_s=300)
        handler({}, Context(60.0))
        assert seen.lease_s <= 60.0


class TestTooLate:
    def test_a_worker_frozen_past_its_lease_sends_nothing(self, postgres: Any) -> None:
        def freeze(run: Run) -> Outcome:
            assert run.lease is not None
            ended = run.lease.deadline
            run.monotonic = lambda: ended
            sent = run.database.round_trips
            with pytest.raises(LeaseLost, match="ended before the work did"):
                run.write(INSERT, job="late")
            with pytest.raises(LeaseLost):
                run.transaction("SELECT 1")
            with pytest.raises(LeaseLost):
                run.checkpoint()
            assert run.database.round_trips == sent
            return Outcome()

        _, handler = make(freeze)
        # Nobody need have taken the lock: that is a failure, and Lambda may try again.
        with pytest.raises(JobFailed, match="LeaseLost"):
            handler(SCHEDULED, Context())
        assert runs(postgres) == [["failed", "LeaseLost"]]
        assert postgres.run("SELECT count(*) FROM job_settings") == [[0]]
        assert postgres.run("SELECT count(*) FROM job_slots") == [[0]]

    def test_one_whose_own_clock_stood_still_is_stopped_by_the_database(self, postgres: Any) -> None:
        def overtaken(run: Run) -> Outcome:
            postgres.run("UPDATE job_fence SET fence = fence + 1, holder = 'newer'")
            with pytest.raises(StaleFence):
                run.write(INSERT, job="late")
            with pytest.raises(StaleFence), run.transaction(INSERT, job="late"):
                pytest.fail("the block must not be entered")
            return Outcome()

        _, handler = make(overtaken)
        assert handler(SCHEDULED, Context())["reason"] == "superseded"
        assert runs(postgres) == [["skipped", "StaleFence"]]
        assert postgres.run("SELECT count(*) FROM job_settings") == [[0]]

    def test_a_newer_claim_waits_until_the_start_is_recorded(self, postgres: Any) -> None:
        _, handler = make(nothing)
        postgres.run("BEGIN; LOCK TABLE job_runs IN SHARE MODE")
        with ThreadPoolExecutor(1) as pool:
            result = pool.submit(handler, {}, Context())
            while not postgres.run("SELECT 1 FROM pg_locks WHERE NOT granted"):
                pass
            with pytest.raises(pg8000.native.DatabaseError, match="55P03"):
                postgres.run("SET LOCAL lock_timeout = '50ms'; UPDATE job_fence SET fence = fence + 1")
            postgres.run("ROLLBACK")
            assert result.result()["status"] == "succeeded"

    def test_a_lease_that_was_forced_from_us_ends_at_the_next_checkpoint(self, postgres: Any) -> None:
        def forced(run: Run) -> Outcome:
            assert run.lease is not None
            platform().locks.force_release(run.lease.name, run.lease.holder, "admin")
            run.checkpoint()
            pytest.fail("must not go on")

        _, handler = make(forced)
        with pytest.raises(JobFailed, match="lost before it could be renewed"):
            handler({}, Context())
        assert runs(postgres) == [["failed", "LeaseLost"]]

    def test_a_lease_besides_the_runs_own_must_be_ours_too(self, postgres: Any) -> None:
        def holds_two(run: Run) -> Outcome:
            second = platform().locks.acquire("second", 60, who="w", run_id=run.id)
            with pytest.raises(StaleFence):
                run.write(INSERT, holding=[second], job="unclaimed")
            from nightshift import fence

            run.database.write(fence.claim_one(second))
            run.write(INSERT, holding=[second], job="claimed")
            with run.transaction(INSERT, holding=[second], job="as well"):
                pass
            return Outcome()

        _, handler = make(holds_two)
        assert handler({}, Context())["status"] == "succeeded"
        assert postgres.run("SELECT job FROM job_settings ORDER BY job") == [["as well"], ["claimed"]]
