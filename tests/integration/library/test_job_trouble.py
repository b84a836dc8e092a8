"""What a job needs is out of reach, or its work goes wrong: what is recorded, said, counted and freed."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from nightshift import Outcome, Run
from nightshift.errors import DatabaseUnavailable, JobFailed, LockRefused, LockUnavailable
from nightshift.handover import accept
from nightshift.platform import platform
from tests.integration.library.jobs import SCHEDULED, SLOT, Context, Invocations, Said, make, nothing
from tests.support import planted

PASSWORD = planted.DATABASE_PASSWORD


def runs(postgres: Any, columns: str = "status, error_class") -> list[Any]:
    return list(postgres.run(f"SELECT {columns} FROM job_runs ORDER BY created_at"))


@pytest.fixture
def no_lock_table(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCK_TABLE", "no-such-table")


@pytest.fixture
def no_database(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nightshift:{PASSWORD}@127.0.0.1:1/nightshift")


@pytest.mark.usefixtures("no_lock_table")
class TestLockTableOutOfReach:
    def test_a_job_with_effects_refuses_to_run_and_fails(self, postgres: Any, capsys: Any) -> None:
        _, handler = make(lambda _run: pytest.fail("must not run"))
        with pytest.raises(JobFailed, match="LockUnavailable: the lock table refused: ResourceNotFoundException"):
            handler(SCHEDULED, Context())
        assert runs(postgres) == [["failed", "LockUnavailable"]]
        said = Said(capsys.readouterr().out)
        assert (said.messages, said.metrics["RunsFailed"]) == (["Job failed"], [1.0])

    def test_a_job_that_may_runs_unlocked_and_says_so(self, postgres: Any, capsys: Any) -> None:
        def work(run: Run) -> Outcome:
            assert run.lease is None
            run.checkpoint()
            run.write("INSERT INTO job_settings (job, updated_by) VALUES ('x', 'test')")
            return Outcome(2, metadata={"pages": 1}, unfinished={"limit": 1})

        _, handler = make(work, runs_unlocked=True)
        result = handler(SCHEDULED, Context())
        # There is no lock that a next part could take over.
        assert (result["status"], result["metadata"]) == (
            "succeeded",
            {"pages": 1, "degraded": True, "unfinished": True},
        )
        assert runs(postgres, "status, fence, metadata") == [["succeeded", None, result["metadata"]]]
        warning = Said(capsys.readouterr().out).lines[0]
        assert (warning["level"], warning["message"], warning["degraded"]) == (
            "WARNING", "Running without the lock", True,
        )  # fmt: skip

    def test_the_door_accepts_nothing(self, postgres: Any) -> None:
        job, _ = make(nothing)
        with pytest.raises(LockUnavailable):
            accept(platform(), job, "worker", {}, "http")
        assert runs(postgres) == []


@pytest.mark.usefixtures("no_database")
class TestDatabaseOutOfReach:
    def test_the_run_fails_and_the_lock_is_free(self, capsys: Any) -> None:
        _, handler = make(lambda _run: pytest.fail("must not run"))
        with pytest.raises(JobFailed, match="DatabaseUnavailable: cannot connect"):
            handler(SCHEDULED, Context())
        assert platform().locks.held() == []
        printed = capsys.readouterr().out
        said = Said(printed)
        assert said.messages == ["Run not recorded", "Job failed"]
        assert said.metrics["RunsFailed"] == [1.0]
        assert PASSWORD not in printed

    def test_the_door_gives_the_lock_back_and_says_why(self) -> None:
        job, _ = make(nothing)
        platform()._clients["lambda"] = Invocations()
        with pytest.raises(DatabaseUnavailable):
            accept(platform(), job, "worker", {}, "http")
        assert platform().locks.held() == []
        assert platform()._clients["lambda"].events == []


@pytest.mark.usefixtures("aws")
class TestTheDoor:
    def test_where_the_worker_cannot_be_woken_the_run_fails_and_the_lock_is_free(self, postgres: Any) -> None:
        job, handler = make(nothing)
        platform()._clients["lambda"] = Invocations(ReadTimeoutError(endpoint_url="x"))
        with pytest.raises(JobFailed, match="could not be woken"):
            accept(platform(), job, "worker", {"limit": 1}, "http: admin")
        assert platform().locks.held() == []
        assert runs(postgres, "status, error_class, who") == [["failed", "JobFailed", "http: admin"]]
        assert handler({}, Context())["status"] == "succeeded"

    def test_where_the_lock_cannot_be_given_back_either_the_first_reason_is_told(self, postgres: Any) -> None:
        class AllIsLost(Invocations):
            def invoke(self, **_request: Any) -> None:
                platform().locks._table = "no-such-table"
                raise ReadTimeoutError(endpoint_url="x")

        job, _ = make(nothing)
        platform()._clients["lambda"] = AllIsLost()
        with pytest.raises(JobFailed, match="could not be woken"):
            accept(platform(), job, "worker", {}, "http")
        assert runs(postgres) == [["failed", "JobFailed"]]

    def test_a_worker_that_was_woken_after_all_keeps_its_run(self, postgres: Any) -> None:
        job, handler = make(nothing)
        result: list[Any] = []

        class WokenButUnheard(Invocations):
            def invoke(self, **request: Any) -> None:
                super().invoke(**request)
                result.append(handler(self.events[-1], Context()))
                raise TimeoutError

        platform()._clients["lambda"] = WokenButUnheard()
        with pytest.raises(TimeoutError):
            accept(platform(), job, "worker", {}, "http")
        assert result[0]["status"] == "succeeded"
        assert runs(postgres) == [["succeeded", None]]

    def test_what_runs_already_is_refused_by_its_holder(self, postgres: Any) -> None:
        job, _ = make(nothing)
        platform()._clients["lambda"] = Invocations()
        accepted = accept(platform(), job, "worker", {}, "http: admin")
        with pytest.raises(LockRefused) as caught:
            accept(platform(), job, "worker", {}, "http: second")
        assert (caught.value.refusal.who, caught.value.refusal.run_id) == ("http: admin", accepted.run_id)
        assert runs(postgres, "status, who") == [["queued", "http: admin"]]
        event = platform()._clients["lambda"].events[0]
        assert event.keys() == {"trigger", "slot", "run_id", "lease", "params", "part"}

    def test_a_worker_that_nobody_woke_in_time_is_lost_to_the_next(self, postgres: Any) -> None:
        job, handler = make(nothing)
        invocations = Invocations()
        platform()._clients["lambda"] = invocations
        accept(platform(), job, "worker", {}, "http")
        item = platform().locks.read(job.name) or {}
        platform().locks.force_release(job.name, item["holder"], "the clock")
        assert handler({}, Context())["status"] == "succeeded"
        assert handler(invocations.events[0], Context())["reason"] == "stale"
        assert runs(postgres, "status, trigger") == [["lost", "http"], ["succeeded", "manual"]]


@pytest.mark.usefixtures("aws")
class TestTheSameEventAgain:
    @pytest.mark.parametrize(
        ("again", "metric"),
        [
            (SCHEDULED, "RunsSkipped"),  # delivered twice: no overrun
            ({**SCHEDULED, "slot": "2026-11-22T15:30:00Z"}, "Overruns"),
            ({}, "RunsSkipped"),
        ],
    )
    def test_while_it_runs_is_a_no_op(self, postgres: Any, capsys: Any, again: dict[str, Any], metric: str) -> None:
        refused: list[dict[str, Any]] = []

        def work(_run: Run) -> Outcome:
            refused.append(handler(again, Context()))
            return Outcome()

        _, handler = make(work)
        assert handler(SCHEDULED, Context())["status"] == "succeeded"
        assert (refused[0]["status"], refused[0]["reason"]) == ("skipped", "held")
        assert sorted(runs(postgres)) == [["skipped", "held"], ["succeeded", None]]
        metrics = Said(capsys.readouterr().out).metrics
        assert {"Overruns", "RunsSkipped"} & metrics.keys() == {metric}

    def test_a_slot_that_another_run_finished_is_refused_at_once_from_then_on(self, postgres: Any) -> None:
        calls = []

        def work(run: Run) -> Outcome:
            calls.append(run.id)
            return Outcome()

        job, handler = make(work)
        postgres.run(f"INSERT INTO job_slots VALUES ('{job.name}', '{SLOT}', 0)")
        assert [handler(SCHEDULED, Context())["reason"] for _ in range(3)] == ["superseded", "slot_done", "slot_done"]
        assert len(calls) == 1
