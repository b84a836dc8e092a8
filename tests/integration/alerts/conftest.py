"""A run that may send alerts to a Slack of the test's own, and the clock of the outbox in the test's hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nightshift.alerts import Sent, Signal, note, send
from nightshift.job import Job, Run
from tests.support.aws import Aws
from tests.support.runs import running
from tests.support.slack import SlackDouble, slack_double

PROBE = Job(name="probe", at_most_s=60, description="Looks at something.")


class Watch:
    """One run that looks at things and tells people of them."""

    def __init__(self, run: Run, connection: Any, slack: SlackDouble) -> None:
        self.run = run
        self.slack = slack
        self._connection = connection

    def sql(self, statement: str, **values: Any) -> list[Any]:
        return list(self._connection.run(statement, **values) or [])

    def bad(self, key: str = "probe:thing", title: str = "The thing is broken", after: int = 1, **details: Any) -> None:
        note(self.run, [Signal(key, is_bad=True, title=title, details=details, after=after)])

    def well(self, key: str = "probe:thing", title: str = "The thing is broken") -> None:
        note(self.run, [Signal(key, is_bad=False, title=title)])

    def send(self) -> Sent:
        return send(self.run)

    def later(self, interval: str) -> None:
        """Let time go by: everything that the outbox remembers is that much older."""
        self.sql(
            f"UPDATE alert_states SET since = since - interval '{interval}', told_at = told_at - interval '{interval}',"
            f" changes = (SELECT coalesce(array_agg(c - interval '{interval}'), '{{}}') FROM unnest(changes) AS c)"
        )
        self.sql(
            f"UPDATE alerts SET created_at = created_at - interval '{interval}',"
            f" claimed_until = claimed_until - interval '{interval}'"
        )
        self.sql(
            f"UPDATE alert_channels SET next_at = next_at - interval '{interval}',"
            f" sent_at = sent_at - interval '{interval}'"
        )

    @property
    def states(self) -> list[tuple[str, str]]:
        """Kind and state of every message in the outbox."""
        return [(kind, state) for kind, state in self.sql("SELECT kind, state FROM alerts ORDER BY id")]


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    with slack_double() as double:
        yield double


@pytest.fixture
def watch(
    aws: Aws, postgres: Any, postgres_url: str, slack: SlackDouble, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watch]:
    aws.create_secret("slack-webhook", slack.url)
    monkeypatch.setenv("ENABLE_SLACK_ALERTS", "true")
    monkeypatch.setenv("SLACK_WEBHOOK_REF", "secretsmanager:slack-webhook")
    monkeypatch.setenv("PUBLIC_URL", "https://door.example")
    with running(PROBE, postgres_url) as run:
        run.monotonic = lambda: 0.0
        yield Watch(run, postgres, slack)
