"""What people are told of the runs of a job: real PostgreSQL, moto's DynamoDB, and a Slack of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nightshift import Outcome, Run
from nightshift.errors import ConfigurationError, JobFailed
from tests.integration.alerts.conftest import Watch
from tests.integration.library.jobs import Context, make
from tests.support.slack import Answer

Handle = Callable[..., dict[str, Any]]


class Broken:
    """A job whose next runs end as the test says."""

    def __init__(self, **declared: Any) -> None:
        self.ends: Outcome | Exception = Outcome(processed=3)
        self.job, self._handler = make(self._work, **declared)

    def _work(self, _run: Run) -> Outcome:
        if isinstance(self.ends, Exception):
            raise self.ends
        return self.ends

    def run(self, ends: Outcome | Exception, event: Any = None, remaining_s: float = 60.0) -> None:
        self.ends = ends
        try:
            self._handler(event or {}, Context(remaining_s))
        except JobFailed:
            assert isinstance(ends, Exception)


FAILURE = ValueError("no such thing <b>")


def test_a_second_failure_in_a_row_is_told_and_what_it_came_to(watch: Watch) -> None:
    broken = Broken()
    broken.run(FAILURE)
    assert watch.slack.texts == []
    broken.run(FAILURE)

    [message] = watch.slack.taken
    assert message["text"] == f"FAILING: {_title(broken)}: its runs fail"
    fields = {text.partition("\n")[0]: text.partition("\n")[2] for text in _fields(message)}
    assert fields["*What*"] == "2 runs in a row failed"
    assert fields["*Why*"] == "ValueError: no such thing &lt;b&gt;"
    assert fields["*Touched*"] == "0 done, 0 failed"
    assert fields["*Since*"].endswith(" UTC")
    [run_id] = watch.sql("SELECT id FROM job_runs ORDER BY created_at DESC LIMIT 1")[0]
    footer = message["blocks"][1]["elements"][0]["text"]
    assert f"<https://door.example/runs/{run_id}|run " in footer
    assert f"<https://door.example/jobs/{broken.job.name}|job " in footer


def test_a_third_is_no_news_and_the_recovery_tells_how_long_it_lasted(watch: Watch) -> None:
    broken = Broken()
    for _ in range(3):
        broken.run(FAILURE)
    watch.later("3 hours")
    broken.run(Outcome(processed=1))

    assert len(watch.slack.taken) == 2
    assert watch.slack.texts[1] == f"RECOVERED: {_title(broken)}: its runs fail (it lasted 3 h)"


def test_one_failure_between_good_runs_wakes_nobody(watch: Watch) -> None:
    broken = Broken()
    for end in (FAILURE, Outcome(processed=1), FAILURE, Outcome(processed=1)):
        broken.run(end)

    assert (watch.slack.taken, watch.states) == ([], [])


def test_how_many_failures_in_a_row_is_a_setting(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_AFTER_FAILURES", "1")
    Broken().run(FAILURE)

    assert len(watch.slack.taken) == 1


def test_what_no_second_try_mends_is_told_at_once(watch: Watch) -> None:
    Broken().run(ConfigurationError("no shop is configured"))

    assert len(watch.slack.taken) == 1


def test_a_run_of_which_most_failed_is_told_at_once(watch: Watch) -> None:
    # As many as went well are not most; and of one or two items that fails shows nothing.
    for outcome in (Outcome(processed=4, failed=4), Outcome(processed=0, failed=2)):
        Broken().run(outcome)
    assert watch.slack.texts == []

    broken = Broken()
    broken.run(Outcome(processed=3, failed=4, errors=["page 1 is gone"]))
    assert watch.slack.texts == [f"FAILING: {_title(broken)}: most of what it does fails"]
    assert "*Why*\npage 1 is gone" in _fields(watch.slack.taken[0])


def test_a_part_of_the_work_tells_nothing_of_the_job(watch: Watch) -> None:
    broken = Broken()
    broken.run(FAILURE)
    broken.run(Outcome(processed=1), {"params": {"limit": 1}})
    broken.run(FAILURE)
    assert len(watch.slack.taken) == 1

    broken.run(Outcome(processed=1), {"params": {"limit": 1}})
    assert len(watch.slack.taken) == 1


def test_a_skipped_run_changes_nothing(watch: Watch) -> None:
    broken = Broken(at_least_s=60)
    broken.run(Outcome())
    broken.run(FAILURE)

    assert [row[0] for row in watch.sql("SELECT status FROM job_runs ORDER BY created_at")] == ["succeeded", "skipped"]
    assert watch.states == []


def test_a_run_that_could_not_begin_counts_when_the_schedule_started_it(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCK_TABLE", "gone")
    broken = Broken()
    for _ in range(2):
        broken.run(FAILURE, {"trigger": "schedule", "slot": "2026-11-22T15:00:00Z"})

    assert "LockUnavailable" in "".join(_fields(watch.slack.taken[0]))


def test_where_too_little_time_is_left_it_waits_for_the_watchdog(watch: Watch) -> None:
    broken = Broken()
    broken.run(FAILURE)
    broken.run(FAILURE, remaining_s=11.0)

    assert (watch.slack.taken, watch.states) == ([], [("opened", "pending")])
    watch.send()
    assert len(watch.slack.taken) == 1


def test_slack_that_fails_fails_no_run(watch: Watch) -> None:
    watch.slack.answers = [Answer(404, "no_service")]
    broken = Broken()
    broken.run(FAILURE)
    broken.run(FAILURE)
    broken.run(Outcome(processed=1))

    assert watch.sql("SELECT count(*) FROM job_runs WHERE status = 'succeeded'") == [[1]]
    assert [state for _, state in watch.states] == ["pending", "pending"]


def test_wrong_settings_fail_no_run(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_AFTER_FAILURES", "none")
    Broken().run(Outcome(processed=1))

    assert watch.sql("SELECT status FROM job_runs") == [["succeeded"]]


def test_without_alerts_nothing_is_noted(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENABLE_SLACK_ALERTS", "false")
    broken = Broken()
    broken.run(FAILURE)
    broken.run(FAILURE)

    assert watch.sql("SELECT count(*) FROM alert_states") == [[0]]


def _title(broken: Broken) -> str:
    return broken.job.name.replace("-", " ").capitalize()


def _fields(message: dict[str, Any]) -> list[str]:
    return [field["text"] for field in message["blocks"][0]["fields"]]
