"""A run knows when it must stop, what it may still write, and whose run it is."""

from __future__ import annotations

import time
from typing import Any

import pytest

from nightshift import Outcome, Run
from nightshift.errors import JobFailed, LeaseLost, StaleFence
from nightshift.platform import platform
from tests.integration.library.jobs import SCHEDULED, Context, Invocations, Said, make

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


class TestParts:
    def test_the_limit_of_the_job_counts_over_all_parts(self, postgres: Any) -> None:
        left: list[float] = []

        def never_done(run: Run) -> Outcome:
            left.append(run.time_left_s)
            # Some parts later by the database's clock.
            postgres.run("UPDATE job_runs SET started_at = started_at - interval '80 seconds'")
            return Outcome(processed=1, unfinished={"limit": 1})

        _, handler = make(never_done, at_most_s=300)
        invocations = Invocations()
        platform()._clients["lambda"] = invocations
        result = handler(SCHEDULED, Context(250.0))
        while result["status"] == "continued":
            result = handler(invocations.events[-1], Context(250.0))
        assert [round(seconds, -1) for seconds in left] == [240, 210, 130, 50]
        assert (result["status"], result["processed"], result["metadata"]) == ("succeeded", 4, {"unfinished": True})
        assert set(invocations.functions) == {"sample-function"}
        assert postgres.run("SELECT count(*) FROM job_slots") == [[1]]

    def test_errors_of_all_parts_are_told_ten_at_most(self, postgres: Any, capsys: Any) -> None:
        def four_bad(run: Run) -> Outcome:
            part = run.params["limit"]
            errors = [f"part {part}, {number}: {'x' * 600}" for number in range(4)]
            return Outcome(4, 4, errors, {f"part {part}": 1}, {"limit": part - 1} if part > 1 else None)

        _, handler = make(four_bad)
        invocations = Invocations()
        platform()._clients["lambda"] = invocations
        handler({"params": {"limit": 3}}, Context())
        for _ in range(2):
            result = handler(invocations.events[-1], Context())
        assert (result["processed"], result["failed"]) == (12, 12)
        assert result["metadata"] == {"part 1": 1, "part 2": 1, "part 3": 1}
        expected = [f"part {part}, {number}" for part in (3, 2, 1) for number in range(4)][:10]
        assert [error[:9] for error in result["errors"]] == expected
        assert max(map(len, result["errors"])) == 500
        assert runs(postgres, "errors") == [[result["errors"]]]
        said = Said(capsys.readouterr().out)
        assert said.messages == ["Job started", "Job completed"] * 3
        assert [line["status"] for line in said.lines if "status" in line] == ["continued", "continued", "succeeded"]

    def test_a_part_that_is_delivered_twice_runs_once(self, postgres: Any) -> None:
        def two_parts(run: Run) -> Outcome:
            return Outcome(1, unfinished={"limit": 1} if run.params["limit"] == 2 else None)

        _, handler = make(two_parts)
        invocations = Invocations()
        platform()._clients["lambda"] = invocations
        handler({**SCHEDULED, "params": {"limit": 2}}, Context())
        second = invocations.events[0]
        assert handler(second, Context())["status"] == "succeeded"
        assert handler(second, Context())["reason"] == "stale"
        assert runs(postgres, "status, processed, part") == [["succeeded", 2, 2]]

    def test_where_the_next_part_cannot_be_woken_the_run_fails_and_the_lock_is_free(self, postgres: Any) -> None:
        from botocore.exceptions import EndpointConnectionError

        platform()._clients["lambda"] = Invocations(EndpointConnectionError(endpoint_url="x"))
        _, handler = make(lambda _run: Outcome(3, unfinished={"limit": 1}))
        with pytest.raises(JobFailed, match="could not be woken"):
            handler({}, Context())
        assert runs(postgres, "status, processed") == [["failed", 3]]
        assert platform().locks.held() == []


class TestWhoseRunItIs:
    def test_a_worker_that_comes_back_late_leaves_its_successors_record_alone(self, postgres: Any) -> None:
        """Both have the run's id: the event was delivered again after the first worker had frozen."""
        events: list[dict[str, Any]] = []
        inner: list[dict[str, Any]] = []

        def first_freezes(run: Run) -> Outcome:
            if run.params["limit"] == 1 and not inner:
                # The first worker's lease lapses, and Lambda delivers the event once more.
                item = platform().locks.read(run.job.name) or {}
                platform().client("dynamodb").update_item(
                    TableName=platform().settings.lock_table, Key={"pk": {"S": run.job.name}},
                    UpdateExpression="SET until_ms = :u",
                    ExpressionAttributeValues={":u": {"N": str(item["since_ms"] - 5000)}},
                )  # fmt: skip
                inner.append({})
                inner[0] = handler(events[0], Context())
                run.write(INSERT, job="late")
            return Outcome(processed=7)

        from nightshift.handover import accept

        job, handler = make(first_freezes)
        invocations = Invocations()
        platform()._clients["lambda"] = invocations
        accept(platform(), job, "worker", {"limit": 1}, "http: admin")
        events += invocations.events
        late = handler(events[0], Context())
        assert (inner[0]["status"], late["status"], late["reason"]) == ("succeeded", "skipped", "superseded")
        assert runs(postgres, "status, processed, error, fence") == [["succeeded", 7, None, 3]]
        assert postgres.run("SELECT count(*) FROM job_settings") == [[0]]

    @pytest.mark.parametrize("ends", ["stale", "failed"])
    def test_nor_does_it_end_the_run_while_its_successor_is_at_work(self, postgres: Any, ends: str) -> None:
        def succeeded_by_another(run: Run) -> Outcome:
            postgres.run("UPDATE job_fence SET fence = 3, holder = 'successor'")
            postgres.run("UPDATE job_runs SET fence = 3")
            if ends == "failed":
                raise ValueError
            run.write(INSERT, job="late")
            return Outcome()

        _, handler = make(succeeded_by_another)
        if ends == "failed":
            with pytest.raises(JobFailed):
                handler({}, Context())
        else:
            assert handler({}, Context())["reason"] == "superseded"
        assert runs(postgres, "status, error_class, fence") == [["running", None, 3]]

    @pytest.mark.parametrize("fails", [False, True])
    def test_a_run_that_was_given_up_stays_so(self, postgres: Any, fails: bool) -> None:
        def given_up(_run: Run) -> Outcome:
            postgres.run("UPDATE job_runs SET status = 'lost', error_class = 'Lost'")
            if fails:
                raise ValueError
            return Outcome(5)

        _, handler = make(given_up)
        if fails:
            with pytest.raises(JobFailed):
                handler({}, Context())
        else:
            handler({}, Context())
        assert runs(postgres, "status, error_class, processed") == [["lost", "Lost", 0]]
