"""One run in several parts, by several workers: together within its limits, and each ending only what is its own."""

from __future__ import annotations

from typing import Any

import pytest

from nightshift import Outcome, Run
from nightshift.errors import JobFailed
from nightshift.platform import platform
from tests.integration.library.jobs import SCHEDULED, Context, Invocations, Said, make

pytestmark = pytest.mark.usefixtures("aws")
INSERT = "INSERT INTO job_settings (job, updated_by) VALUES (:job, 'test')"


def runs(postgres: Any, columns: str = "status, error_class") -> list[Any]:
    return list(postgres.run(f"SELECT {columns} FROM job_runs ORDER BY created_at"))


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
