"""From a batch that fails to the message in Slack, and back; and no trouble with telling reaches the run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nightshift.lock import Locks
from puppet.alerting import BatchSummary, after_batch, health_changed, send_alerts
from puppet.health import Line
from tests.integration.alerts.conftest import Watch
from tests.support.aws import LOCK_TABLE
from tests.support.slack import Answer

WELL = [Line("backlog", ok=True, detail="nothing is due")]
UNWELL = [*WELL, Line("stuck", ok=False, detail="3 jobs in flight have been abandoned")]


def look(lines: Sequence[Line] = WELL) -> Sequence[Line]:
    return lines


def test_a_failing_batch_is_told_once_and_the_first_good_one_ends_it(watch: Watch) -> None:
    for batch in ("b1", "b2"):
        after_batch(watch.run, BatchSummary(batch, succeeded=1, failed=3, errors={"timeout": 3}))
    send_alerts(watch.run, look)
    watch.later("3 hours 6 minutes")
    after_batch(watch.run, BatchSummary("b3", succeeded=4, failed=0))
    send_alerts(watch.run, look)

    assert watch.slack.texts == [
        "FAILING: More puppet jobs of a batch fail than succeed",
        "RECOVERED: More puppet jobs of a batch fail than succeed (it lasted 3 h 6 min)",
    ]
    fields = [each["text"] for each in watch.slack.taken[0]["blocks"][0]["fields"]]
    assert fields == ["*Failed*\n3", "*Succeeded*\n1", "*Errors*\ntimeout 3", "*Batch*\nb1"]


def test_what_fails_for_everybody_comes_in_the_same_message(watch: Watch) -> None:
    after_batch(watch.run, BatchSummary("b1", succeeded=0, failed=3, errors={"authentication": 3}))
    send_alerts(watch.run, look)

    (text,) = watch.slack.texts
    assert text.splitlines() == [
        "2 alerts",
        "FAILING: Puppet jobs fail for everybody: sign-in is refused",
        "FAILING: More puppet jobs of a batch fail than succeed",
    ]


def test_health_is_told_when_two_runs_find_it_bad_and_when_it_is_well_again(watch: Watch) -> None:
    for lines in (UNWELL, WELL, UNWELL, UNWELL, UNWELL, WELL):
        send_alerts(watch.run, lambda lines=lines: look(lines))  # type: ignore[misc]
        watch.later("1 minute")

    assert [text.partition(":")[0] for text in watch.slack.texts] == ["FAILING", "RECOVERED"]
    assert watch.slack.taken[0]["blocks"][0]["fields"][0]["text"].startswith("*stuck*\n3 jobs")


def test_health_as_it_is_has_nothing_to_tell(watch: Watch) -> None:
    watch.run.platform.locks = Locks(lambda: watch.run.platform.client("dynamodb"), LOCK_TABLE)
    send_alerts(watch.run)
    send_alerts(watch.run)

    assert watch.sql("SELECT key, is_open, in_row FROM alert_states") == [["puppet:health", False, 0]]


def test_no_trouble_with_telling_reaches_the_run(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    after_batch(watch.run, BatchSummary("b1", succeeded=0, failed=3))
    watch.slack.answers.append(Answer(404, "no_service"))
    send_alerts(watch.run, look)

    def broken() -> Sequence[Line]:
        raise RuntimeError("nobody looks")

    send_alerts(watch.run, broken)
    monkeypatch.setenv("SLACK_WEBHOOK_REF", "secretsmanager:not-there")
    send_alerts(watch.run, look)
    monkeypatch.delenv("SLACK_WEBHOOK_REF")
    send_alerts(watch.run, look)
    after_batch(watch.run, BatchSummary("b2", succeeded=0, failed=3))
    monkeypatch.setenv("SLACK_WEBHOOK_REF", "secretsmanager:not-there")
    watch.sql("DROP TABLE alerts")
    after_batch(watch.run, BatchSummary("b3", succeeded=9, failed=3))
    health_changed(watch.run, UNWELL)
    send_alerts(watch.run, look)


def test_with_alerts_off_nobody_looks(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENABLE_SLACK_ALERTS", "false")
    looked: list[int] = []
    after_batch(watch.run, BatchSummary("b1", succeeded=0, failed=3))
    send_alerts(watch.run, lambda: looked.append(1) or WELL)  # type: ignore[func-returns-value]

    assert looked == []
    assert watch.sql("SELECT count(*) FROM alert_states") == [[0]]
