"""How the warming of one comparison goes, and what could not be made a moment ago and is not tried again at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# What failed is not tried again for so long.
FAILURE_KEPT_MS = 10 * 60_000
# A reader may start a warmup so often, whatever becomes of it.
ASKED_EVERY_MS = 60_000
# A worker that has not begun by then never will (its event is older than the lease that it should adopt), and one that
# has not ended by then is gone: longer than the job may take.
_QUEUED_MS, _RUNNING_MS = 2 * 60_000, 35 * 60_000


class State(StrEnum):
    """Where the warming of a comparison stands."""

    NONE = "none"
    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class Status:
    """The last that was said of a comparison's warming; `asked_ms` is when a reader last started it."""

    state: State = State.NONE
    since_ms: int = 0
    run_id: str | None = None
    reason: str | None = None
    asked_ms: int = 0

    def at(self, now_ms: int) -> Status:
        """Return what is true of it now: whoever said that it waits or runs may have died."""
        patience = {State.QUEUED: _QUEUED_MS, State.RUNNING: _RUNNING_MS}.get(self.state)
        if patience is None or now_ms < self.since_ms + patience:
            return self
        return Status(State.FAILED, self.since_ms, self.run_id, "the warmup did not come to its end", self.asked_ms)

    @property
    def is_under_way(self) -> bool:
        """Whether somebody is at it; ask the one of `at`."""
        return self.state in (State.QUEUED, State.RUNNING)

    def may_be_asked(self, now_ms: int) -> bool:
        """Whether a reader may start a warmup."""
        return now_ms >= self.asked_ms + ASKED_EVERY_MS


@dataclass(frozen=True)
class Failure:
    """Why an entry could not be made, and until when that is remembered."""

    until_ms: int
    reason: str


def status(item: Mapping[str, Any]) -> Status:
    """Return a stored status; one that makes no sense says nothing."""
    try:
        return Status(
            state=State(item.get("state", State.NONE)),
            since_ms=int(item.get("since_ms", 0)),
            run_id=item.get("run_id"),
            reason=item.get("reason"),
            asked_ms=int(item.get("asked_ms", 0)),
        )
    except (TypeError, ValueError):
        return Status()


def failure(item: Mapping[str, Any]) -> Failure:
    """Return a stored failure; one that makes no sense has lapsed."""
    try:
        return Failure(int(item.get("until_ms", 0)), str(item.get("reason", "")))
    except (TypeError, ValueError):
        return Failure(0, "")
