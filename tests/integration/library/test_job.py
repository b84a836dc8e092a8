"""A job's handler from event to record: real PostgreSQL, moto's DynamoDB."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nightshift import Integer, Job, Outcome, Run
from nightshift.errors import InvalidEvent, JobFailed
from nightshift.handover import accept
from nightshift.platform import platform
from tests.integration.library.jobs import Invocations

SLOT = "2026-11-22T15:00:00Z"


def make(work: Callable[[Run], Outcome], **declared: Any) -> tuple[Job, Callable[..., dict[str, Any]]]:
    declared = {"name": "sample", "parameters": (Integer("limit", 1, 10),), **declared}
    job = Job(at_most_s=300, description="A sample.", **declared)
    return job, job.handler(work)


def three_done(_run: Run) -> Outcome:
    return Outcome(processed=3, failed=1, errors=["one was bad"], metadata={"pages": 4})


def rows(postgres: Any, sql: str) -> list[Any]:
    return list(postgres.run(sql))


@pytest.mark.usefixtures("aws")
class TestOneRun:
    def test_a_bare_event_is_a_manual_run_and_leaves_a_record(self, postgres: Any) -> None:
        _, handler = make(three_done)
        result = handler({}, None)
        assert (result["status"], result["processed"], result["failed"]) == ("succeeded", 3, 1)
        record = rows(postgres, "SELECT trigger, status, processed, failed, errors, metadata, fence FROM job_runs")
        assert record == [["manual", "succeeded", 3, 1, ["one was bad"], {"pages": 4}, 1]]

    @pytest.mark.usefixtures("postgres_url")
    def test_one_line_at_the_start_and_one_at_the_end(self, capsys: Any) -> None:
        # A name of its own: a logger keeps the stream that it met first.
        _, handler = make(three_done, name="sample-that-is-heard")
        handler({"trigger": "schedule", "slot": SLOT}, None)
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        said = [line for line in lines if "message" in line]
        assert [line["message"] for line in said] == ["Job started", "Job completed"]
        end = said[1]
        assert end["jobType"] == "sample-that-is-heard"
        assert end["slot"] == "2026-11-22T15:00:00+00:00"
        assert {"status", "processed", "failed", "errors", "duration", "metadata", "run_id"} <= end.keys()
        metric = next(line for line in lines if "_aws" in line)
        assert (metric["service"], metric["job"]) == ("nightshift", "sample-that-is-heard")
        assert metric["RunsSucceeded"] == [1.0]

    def test_a_slot_is_done_once(self, postgres: Any) -> None:
        _, handler = make(three_done)
        event = {"trigger": "schedule", "slot": SLOT}
        assert handler(event, None)["status"] == "succeeded"
        again = handler(event, None)
        assert (again["status"], again["reason"]) == ("skipped", "slot_done")
        assert rows(postgres, "SELECT status FROM job_runs ORDER BY status") == [["skipped"], ["succeeded"]]
        assert rows(postgres, "SELECT count(*) FROM job_slots") == [[1]]

    def test_a_slot_that_only_postgresql_knows_is_not_done_again(self, postgres: Any) -> None:
        postgres.run(f"INSERT INTO job_slots VALUES ('sample', '{SLOT}', 0)")
        _, handler = make(three_done)
        result = handler({"trigger": "schedule", "slot": SLOT}, None)
        assert (result["status"], result["reason"]) == ("skipped", "superseded")
        assert rows(postgres, "SELECT status, error_class FROM job_runs") == [["skipped", "SlotAlreadyDone"]]

    def test_a_failure_is_recorded_frees_the_lock_and_is_raised(self, postgres: Any) -> None:
        def fail(_run: Run) -> Outcome:
            raise ValueError("no such thing")

        _, handler = make(fail)
        with pytest.raises(JobFailed, match="ValueError: no such thing"):
            handler({"trigger": "schedule", "slot": SLOT}, None)
        assert rows(postgres, "SELECT status, error_class FROM job_runs") == [["failed", "ValueError"]]
        assert platform().locks.held() == []
        _, handler = make(three_done)
        assert handler({"trigger": "schedule", "slot": SLOT}, None)["status"] == "succeeded"

    @pytest.mark.usefixtures("postgres_url")
    def test_a_bad_event_names_every_field(self) -> None:
        _, handler = make(three_done)
        with pytest.raises(InvalidEvent) as caught:
            handler({"trigger": "cron", "slot": "noon", "params": {"limit": 11, "x": 1}, "y": 2}, None)
        assert len(caught.value.problems) == 5

    def test_a_late_writer_is_stopped_by_the_fence(self, postgres: Any) -> None:
        def overtaken(run: Run) -> Outcome:
            postgres.run("UPDATE job_fence SET fence = fence + 1, holder = 'somebody newer'")
            run.write("INSERT INTO job_settings (job, updated_by) VALUES ('sample', 'late')")
            return Outcome()

        _, handler = make(overtaken)
        assert handler({}, None)["reason"] == "superseded"
        assert rows(postgres, "SELECT count(*) FROM job_settings") == [[0]]

    def test_a_run_that_died_is_marked_lost_by_the_next(self, postgres: Any) -> None:
        postgres.run(
            "INSERT INTO job_runs (id, job, lock, trigger, status, who, fence)"
            " VALUES (gen_random_uuid(), 'sample', 'sample', 'manual', 'running', 'x', 0)"
        )
        _, handler = make(three_done)
        handler({}, None)
        assert rows(postgres, "SELECT status FROM job_runs ORDER BY fence") == [["lost"], ["succeeded"]]

    @pytest.mark.usefixtures("postgres_url")
    def test_at_least_for_keeps_the_next_run_out(self) -> None:
        _, handler = make(three_done, at_least_s=60)
        assert handler({}, None)["status"] == "succeeded"
        assert handler({}, None)["reason"] == "cooling"


@pytest.mark.usefixtures("aws")
class TestHandOver:
    def test_the_door_accepts_and_the_worker_adopts(self, postgres: Any) -> None:
        job, handler = make(three_done)
        invocations = Invocations()
        platform()._clients["lambda"] = invocations
        accepted = accept(platform(), job, "worker", {"limit": 5}, "http: admin")
        assert rows(postgres, "SELECT status FROM job_runs") == [["queued"]]
        result = handler(invocations.events[0], None)
        assert (result["run_id"], result["status"]) == (accepted.run_id, "succeeded")
        assert rows(postgres, "SELECT status, params, fence FROM job_runs") == [["succeeded", {"limit": 5}, 2]]
        late = handler(invocations.events[0], None)
        assert (late["status"], late["reason"]) == ("skipped", "stale")
        assert rows(postgres, "SELECT count(*) FROM job_runs") == [[1]]

    def test_unfinished_work_goes_on_in_a_next_part(self, postgres: Any) -> None:
        def one_a_part(run: Run) -> Outcome:
            left = run.params["limit"] - 1
            return Outcome(processed=1, unfinished={"limit": left} if left else None)

        _, handler = make(one_a_part)
        invocations = Invocations()
        platform()._clients["lambda"] = invocations
        result = handler({"params": {"limit": 3}}, None)
        while result["status"] == "continued":
            assert platform().locks.held(), "the lock is kept between the parts"
            result = handler(invocations.events[-1], None)
        assert (result["processed"], result["part"]) == (3, 3)
        assert rows(postgres, "SELECT status, processed, part FROM job_runs") == [["succeeded", 3, 3]]
        assert platform().locks.held() == []
