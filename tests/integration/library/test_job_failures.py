"""Work that fails: how it ends in the record, the log and the metrics, and what is never said."""

from __future__ import annotations

import logging
import os
import traceback
from typing import Any

import pytest

from nightshift import Outcome, Run
from nightshift.errors import InvalidEvent, JobFailed, SettingsError
from nightshift.platform import platform
from tests.integration.library.jobs import SCHEDULED, Context, Said, make, nothing
from tests.support import planted

PASSWORD = planted.DATABASE_PASSWORD


def runs(postgres: Any, columns: str = "status, error_class") -> list[Any]:
    return list(postgres.run(f"SELECT {columns} FROM job_runs ORDER BY created_at"))


@pytest.mark.usefixtures("aws")
class TestWorkThatFails:
    def test_the_end_line_and_the_metrics_of_a_failure(self, postgres: Any, capsys: Any) -> None:
        def fail(run: Run) -> Outcome:
            run.log.info("Half way")
            raise ValueError("no such thing")

        job, handler = make(fail)
        with pytest.raises(JobFailed, match=f"{job.name}: ValueError: no such thing"):
            handler(SCHEDULED, Context())
        said = Said(capsys.readouterr().out)
        assert said.messages == ["Job started", "Half way", "Job failed"]
        assert len({line["run_id"] for line in said.lines}) == 1, "every line carries the run's id"
        end = said.lines[-1]
        assert (end["level"], end["jobType"], end["status"], end["error"]) == (
            "ERROR", job.name, "failed", "ValueError: no such thing",
        )  # fmt: skip
        assert end["service"] == f"{job.name}-job"
        assert "exception" in end, "an error that nobody expected shows where it came from"
        assert {"duration", "trigger", "slot", "job"} <= end.keys()
        assert (said.metrics["RunsFailed"], said.metrics["service"], said.metrics["job"]) == (
            [1.0],
            "nightshift",
            job.name,
        )
        assert "Duration" in said.metrics
        assert runs(postgres, "status, error_class, error") == [["failed", "ValueError", "no such thing"]]

    @pytest.mark.parametrize("text", ["a\x00b", "half \ud800", "x" * 5000, "it's :n $$ --", ""])
    def test_it_is_recorded_whatever_the_error_says(
        self, postgres: Any, text: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_run: Run) -> Outcome:
            raise RuntimeError(text)

        job, handler = make(fail)
        # Half a character in a captured log line is more than the reports of pytest's workers can carry.
        monkeypatch.setattr(logging.getLogger(f"{job.name}-job"), "propagate", False)
        with pytest.raises(JobFailed):
            handler({}, Context())
        [[status, error]] = runs(postgres, "status, error")
        assert status == "failed"
        assert error == text[:500].replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
        assert platform().locks.held() == []

    def test_work_that_returns_no_outcome_fails(self, postgres: Any) -> None:
        _, handler = make(lambda _run: None)  # type: ignore[arg-type,return-value]  # just that
        with pytest.raises(JobFailed):
            handler({}, Context())
        assert runs(postgres) == [["failed", "AttributeError"]]

    def test_errors_of_items_are_at_most_ten_and_do_not_fail_the_run(self, postgres: Any) -> None:
        errors = [f"item {number}: \x00 {'y' * 600}" for number in range(12)]
        _, handler = make(lambda _run: Outcome(20, 12, errors))
        result = handler({}, Context())
        assert (result["status"], result["failed"], len(result["errors"])) == ("succeeded", 12, 10)
        assert [len(error) for error in result["errors"]] == [500] * 10
        assert runs(postgres, "errors") == [[result["errors"]]]

    def test_a_failure_holds_the_lock_back_as_long_as_a_success(self, postgres: Any) -> None:
        def fail(_run: Run) -> Outcome:
            raise ValueError

        _, handler = make(fail, at_least_s=60)
        with pytest.raises(JobFailed):
            handler({}, Context())
        assert handler({}, Context())["reason"] == "cooling"
        assert runs(postgres) == [["failed", "ValueError"], ["skipped", "cooling"]]

    def test_a_lock_that_cannot_be_released_does_not_fail_what_was_done(self, postgres: Any, capsys: Any) -> None:
        def work(_run: Run) -> Outcome:
            platform().locks._table = "no-such-table"
            return Outcome(1)

        _, handler = make(work)
        assert handler({}, Context())["status"] == "succeeded"
        assert Said(capsys.readouterr().out).messages == ["Job started", "Lock not released", "Job completed"]
        assert runs(postgres) == [["succeeded", None]]


@pytest.mark.usefixtures("aws")
class TestNothingSecretIsSaid:
    @pytest.mark.usefixtures("postgres_url")
    def test_a_refused_password_is_in_no_line_and_no_error(self, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
        url = os.environ["DATABASE_URL"]
        monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody:{PASSWORD}@{url.rpartition('@')[2]}")
        _, handler = make(nothing)
        with pytest.raises(JobFailed) as caught:
            handler({}, Context())
        assert_never_shown(caught.value)
        captured = capfd.readouterr()
        assert PASSWORD not in captured.out + captured.err
        assert "28P01" in captured.out

    def test_a_password_in_a_broken_address_is_not_shown_either(
        self, monkeypatch: pytest.MonkeyPatch, capfd: Any
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody:{PASSWORD}/x@127.0.0.1/nightshift")
        _, handler = make(nothing)
        with pytest.raises(JobFailed, match="ConfigurationError") as caught:
            handler({}, Context())
        assert_never_shown(caught.value)
        captured = capfd.readouterr()
        assert PASSWORD not in captured.out + captured.err

    def test_a_secret_that_is_no_json_is_not_shown(self, aws: Any, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
        monkeypatch.delenv("DATABASE_URL", raising=False)
        monkeypatch.setenv("DATABASE_SECRET_REF", aws.create_secret("db", f"{{{PASSWORD}"))
        _, handler = make(nothing)
        with pytest.raises(JobFailed, match="must be JSON") as caught:
            handler({}, Context())
        assert_never_shown(caught.value)
        captured = capfd.readouterr()
        assert PASSWORD not in captured.out + captured.err


def assert_never_shown(error: BaseException | None) -> None:
    """As a runtime prints it: with its causes, and the contexts that are not suppressed."""
    assert error is not None
    # Without source lines: those of this test name the password.
    printed = "".join(part for part in traceback.format_exception(error) if not part.lstrip().startswith("File"))
    assert PASSWORD not in printed


class TestBeforeTheRun:
    @pytest.mark.usefixtures("aws", "postgres_url")
    def test_a_bad_event_is_told_in_one_line_and_touches_nothing(self, capsys: Any) -> None:
        _, handler = make(nothing)
        handler({}, Context())
        capsys.readouterr()
        with pytest.raises(InvalidEvent):
            handler({"trigger": "cron", "run_id": "x"}, Context())
        [line] = Said(capsys.readouterr().out).lines
        assert line["message"] == "Event refused"
        assert line["problems"] == ["trigger must be one of schedule, http, manual", "run_id must be a UUID"]
        assert "run_id" not in line, "not that of the run before"

    def test_a_deployment_without_settings_names_them(self) -> None:
        _, handler = make(nothing)
        with pytest.raises(SettingsError, match="LOCK_TABLE is missing; DATABASE_SECRET_REF"):
            handler({}, Context())
