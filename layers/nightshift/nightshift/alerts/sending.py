"""One run's sending of alerts: prepare, then claim a group, send it, mark it, until nothing waits or the time is up."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from nightshift.alerts import Sent
from nightshift.alerts.channel import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S, NotSent, Slack, Verdict
from nightshift.alerts.outbox import PACE, Group, Outbox
from nightshift.alerts.settings import AlertSettings
from nightshift.alerts.texts import MAX_GROUP, payload, plain
from nightshift.job import Run

# No message is begun that could not be answered and recorded in time.
_ONE_MESSAGE_S: Final = CONNECT_TIMEOUT_S + ANSWER_TIMEOUT_S + 1.0


class Sending:
    """The sending of one run."""

    def __init__(self, run: Run, settings: AlertSettings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._run = run
        self._settings = settings
        self._sleep = sleep
        self._outbox = Outbox(run)
        self._counts: Counter[str] = Counter()
        self._problem = ""

    def carry_out(self, at_most_s: float) -> Sent:
        """Send until nothing waits, Slack takes no more, or the time is up.

        Raises:
            ConfigurationError: the webhook's secret cannot be read, or holds no address; all of it still waits.
        """
        deadline = self._run.monotonic() + max(at_most_s, _ONE_MESSAGE_S)
        waiting = self._outbox.prepare()
        self._counts["doubtful"] += waiting.doubtful
        self._counts["failed"] += waiting.dropped
        if waiting.messages:
            with Slack(self._run.platform.secrets.current(self._settings.webhook_ref)) as slack:
                while self._send_group(slack, deadline):
                    pass
        return self._report()

    def _send_group(self, slack: Slack, deadline: float) -> bool:
        """Claim and send one group; return whether there may be another."""
        if self._time_left_s(deadline) < _ONE_MESSAGE_S:
            return False
        group = self._outbox.claim(slack.fingerprint)
        if group.is_disabled:
            self._problem = f"the Slack webhook takes no messages any more ({group.reason}); configure another one"
            return False
        if group.messages:
            return self._send(slack, group)
        if group.is_ready or not 0 < group.wait_s <= self._time_left_s(deadline) - _ONE_MESSAGE_S:
            return False
        self._sleep(group.wait_s)
        return True

    def _send(self, slack: Slack, group: Group) -> bool:
        try:
            self._post(slack, group)
        except NotSent as error:
            self._was_not_sent(slack, group, error)
            return error.verdict is Verdict.REFUSED
        self._outbox.sent(group)
        self._counts["sent"] += len(group.messages)
        return len(group.messages) == MAX_GROUP

    def _post(self, slack: Slack, group: Group) -> None:
        try:
            slack.post(payload(group.messages, self._settings.public_url))
        except NotSent as error:
            if error.verdict is not Verdict.REFUSED:
                raise
            # Better bare than not at all; and no faster than any other message.
            self._sleep(PACE.total_seconds())
            slack.post(plain(group.messages))

    def _was_not_sent(self, slack: Slack, group: Group, error: NotSent) -> None:
        said = str(error)
        self._problem = f"{len(group.messages)} alerts not sent: {said}"
        match error.verdict:
            case Verdict.LATER:
                self._outbox.postpone(group, said, error.wait_s)
            case Verdict.DOUBTFUL:
                self._counts["doubtful"] += len(group.messages)
                self._outbox.doubt(group, said)
            case Verdict.REFUSED:
                self._counts["failed"] += len(group.messages)
                self._outbox.refuse(group, said)
            case Verdict.CLOSED:
                self._outbox.disable(group, said, slack.fingerprint)
                self._problem += "; nothing more is sent there until another webhook is configured"

    def _time_left_s(self, deadline: float) -> float:
        return deadline - self._run.monotonic()

    def _report(self) -> Sent:
        run, counts = self._run, self._counts
        run.count("AlertsSent", counts["sent"])
        run.count("AlertsDoubtful", counts["doubtful"])
        run.count("AlertsNotSent", counts["failed"] + bool(self._problem))
        return Sent(counts["sent"], counts["doubtful"], counts["failed"], self._problem)
