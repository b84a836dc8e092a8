"""A job that an operator has paused: its scheduled runs are skipped, all others go through and say so."""

from __future__ import annotations

from typing import Any

import pytest

from nightshift import Outcome, Run
from nightshift.handover import accept
from nightshift.platform import platform
from tests.integration.library.jobs import SCHEDULED, Invocations, Said, make


def pause(postgres: Any, job: str, reason: str | None = "the shop moves") -> None:
    postgres.run(
        "INSERT INTO job_settings (job, version, updated_by, paused_at, paused_by, pause_reason)"
        " VALUES (:job, 0, 'admin', now(), 'admin', :reason)",
        job=job, reason=reason,
    )  # fmt: skip


def work(_run: Run) -> Outcome:
    return Outcome(processed=2)


@pytest.mark.usefixtures("aws")
class TestPaused:
    @pytest.mark.parametrize("exclusive", [True, False])
    def test_a_scheduled_run_is_skipped_and_works_nothing(self, postgres: Any, exclusive: bool) -> None:
        job, handler = make(lambda _: pytest.fail("a paused job worked"), exclusive=exclusive)
        pause(postgres, job.name)
        result = handler(SCHEDULED, None)
        assert (result["status"], result["reason"], result["detail"]) == (
            "skipped", "paused", "paused by admin: the shop moves",
        )  # fmt: skip
        columns = "status, error_class, error, started_at, duration_ms, processed"
        assert list(postgres.run(f"SELECT {columns} FROM job_runs")) == [
            ["skipped", "paused", "paused by admin: the shop moves", None, 0, 0]
        ]
        assert list(postgres.run("SELECT count(*) FROM job_slots")) == [[0]]
        assert platform().locks.held() == []

    def test_it_costs_no_message_to_the_database_more(self, postgres: Any) -> None:
        job, handler = make(work)
        pause(postgres, job.name)
        platform().database.read("SELECT 1")
        before = platform().database.round_trips
        handler(SCHEDULED, None)
        assert platform().database.round_trips == before + 1

    def test_the_slot_is_still_to_be_done_once_the_job_is_resumed(self, postgres: Any) -> None:
        job, handler = make(work, at_least_s=60)
        pause(postgres, job.name, reason=None)
        assert handler(SCHEDULED, None)["detail"] == "paused by admin"
        postgres.run("UPDATE job_settings SET paused_at = NULL")
        assert handler(SCHEDULED, None)["status"] == "succeeded"

    def test_a_run_by_hand_goes_through_and_says_that_the_job_is_paused(self, postgres: Any, capsys: Any) -> None:
        job, handler = make(work)
        pause(postgres, job.name)
        result = handler({}, None)
        assert (result["status"], result["metadata"]) == (
            "succeeded", {"jobIsPaused": "paused by admin: the shop moves"},
        )  # fmt: skip
        assert Said(capsys.readouterr().out).lines[0]["paused"] == "paused by admin: the shop moves"
        assert list(postgres.run("SELECT status, is_whole, limit_s FROM job_runs")) == [["succeeded", True, 300]]

    def test_a_run_from_the_door_goes_through(self, postgres: Any) -> None:
        job, handler = make(work)
        pause(postgres, job.name)
        invocations = Invocations()
        platform()._clients["lambda"] = invocations
        accept(platform(), job, "worker", {"limit": 5}, "http: admin")
        assert handler(invocations.events[0], None)["status"] == "succeeded"
        assert list(postgres.run("SELECT status, is_whole FROM job_runs")) == [["succeeded", False]]

    def test_a_run_that_was_begun_before_goes_on(self, postgres: Any) -> None:
        def in_parts(run: Run) -> Outcome:
            pause(postgres, run.job.name)
            return Outcome(processed=1, unfinished={"limit": 3})

        job, handler = make(in_parts)
        invocations = Invocations()
        platform()._clients["lambda"] = invocations
        handler(SCHEDULED, None)
        postgres.run("DELETE FROM job_settings")
        handler = job.handler(work)
        pause(postgres, job.name)
        assert handler(invocations.events[0], None)["status"] == "succeeded"

    def test_the_pause_of_another_job_is_none_of_its_own(self, postgres: Any) -> None:
        _, handler = make(work)
        pause(postgres, "another")
        assert handler(SCHEDULED, None)["status"] == "succeeded"
