"""The outbox of alerts in PostgreSQL: note, prepare, claim, mark. Each method is one message to the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from nightshift.alerts import Signal
from nightshift.alerts.texts import MAX_GROUP, Message
from nightshift.job import Run
from nightshift.sql import queries, render
from nightshift.storable import storable

CHANNEL: Final = "slack"
# What stays bad is told again, what has nothing to say to anybody any more is dropped.
REMIND_AFTER: Final = timedelta(hours=4)
STALE_AFTER: Final = timedelta(days=1)
# So many changes of state within this time are flapping; so long without one is steady.
FLAPPING_CHANGES: Final = 4
FLAPPING_WITHIN: Final = timedelta(hours=1)
STEADY_AFTER: Final = timedelta(hours=1)
GATHER_FOR: Final = timedelta(seconds=30)
PACE: Final = timedelta(seconds=1)
# What was doubtful is sent once more.
ATTEMPTS: Final = 2
# Longer than a send and its record may take.
_CLAIM: Final = timedelta(minutes=1)
_LENGTH: Final = 1000


@dataclass(frozen=True)
class Waiting:
    """What there is to do: messages that wait, and what became of earlier ones."""

    messages: int
    doubtful: int
    dropped: int


@dataclass(frozen=True)
class Group:
    """What was claimed; nothing where the channel is not ready, and then after `wait_s` it may be."""

    messages: tuple[Message, ...]
    is_ready: bool
    is_disabled: bool
    wait_s: float
    reason: str = ""


class Outbox:
    """What one run does in the outbox."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._sql = queries("nightshift.alerts")

    def noting(self, signals: Sequence[Signal]) -> str:
        """Return the statement that writes down how things were found; where a state changes, a message with it."""
        rows = [{
            "key": signal.key, "is_bad": signal.is_bad, "after": signal.after, "facts": self._facts(signal),
        } for signal in signals]  # fmt: skip
        return render(self._sql["note"], {"signals": rows, "changes": FLAPPING_CHANGES, "within": FLAPPING_WITHIN})

    def prepare(self) -> Waiting:
        """Write reminders, end flapping, recover what was left in flight; return what waits."""
        row = self._run.write(
            self._sql["prepare"], remind=REMIND_AFTER, steady=STEADY_AFTER, stale=STALE_AFTER, attempts=ATTEMPTS
        )[0]
        return Waiting(row["waiting"], row["doubtful"], row["dropped"])

    def claim(self, fingerprint: str) -> Group:
        """Claim the next group for the webhook with this fingerprint."""
        row = self._run.write(
            self._sql["claim"],
            channel=CHANNEL,
            fingerprint=fingerprint,
            gather=GATHER_FOR,
            claim=_CLAIM,
            pace=PACE,
            size=MAX_GROUP,
        )[0]
        messages = tuple(Message(**each) for each in row["messages"])
        return Group(messages, row["is_ready"], row["is_disabled"], row["wait_s"], row["reason"] or "")

    def sent(self, group: Group) -> None:
        """Mark a group as sent."""
        self._run.write(self._sql["sent"], channel=CHANNEL, ids=_ids(group))

    def postpone(self, group: Group, error: str, wait_s: float) -> None:
        """Give a group back that certainly was not sent, and let nothing go out for a while."""
        self._run.write(self._sql["postpone"], channel=CHANNEL, ids=_ids(group), error=error, wait_s=wait_s)

    def doubt(self, group: Group, error: str) -> None:
        """Mark a group as one that may have arrived."""
        self._run.write(self._sql["doubt"], ids=_ids(group), error=error, attempts=ATTEMPTS)

    def refuse(self, group: Group, error: str) -> None:
        """Mark a group as one that is never taken."""
        self._run.write(self._sql["refuse"], ids=_ids(group), error=error)

    def disable(self, group: Group, error: str, fingerprint: str) -> None:
        """Send nothing more through this webhook; what waits is kept for another one."""
        self._run.write(self._sql["disable"], channel=CHANNEL, ids=_ids(group), error=error, fingerprint=fingerprint)

    def _facts(self, signal: Signal) -> dict[str, Any]:
        return {
            "title": storable(signal.title, _LENGTH),
            # Pairs, because jsonb sorts the names of an object.
            "details": [[storable(str(each), _LENGTH) for each in pair] for pair in signal.details.items()],
            "job": signal.job or self._run.job.name,
            "run_id": signal.run_id if signal.job else self._run.id,
        }


def _ids(group: Group) -> list[int]:
    return [message.id for message in group.messages]
