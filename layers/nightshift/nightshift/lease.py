"""What an attempt to take a lock comes to: a lease, or a refusal that says who holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# By how much the clocks of two machines may differ; only the taker of a lapsed lease waits for it.
SKEW_MARGIN_MS = 1_000

# Why a lock was not given.
HELD = "held"
COOLING = "cooling"
SLOT_DONE = "slot_done"
STALE = "stale"


@dataclass(frozen=True)
class Lease:
    """A lock that this process holds until `deadline` on its own monotonic clock."""

    name: str
    holder: str
    fence: int
    until_ms: int
    deadline: float
    since_ms: int
    slot_ms: int | None = None

    @classmethod
    def of(cls, name: str, item: Mapping[str, Any], deadline: float, slot_ms: int | None) -> Lease:
        """Read a lease from the item that was just written."""
        return cls(
            name=name,
            holder=item["holder"],
            fence=item["fence"],
            until_ms=item["until_ms"],
            deadline=deadline,
            since_ms=item.get("since_ms", 0),
            slot_ms=slot_ms,
        )


@dataclass(frozen=True)
class Refusal:
    """Why a lock was not given: who has it, since when, until when."""

    name: str
    reason: str
    holder: str | None = None
    who: str | None = None
    run_id: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    slot_ms: int | None = None

    @classmethod
    def read(cls, name: str, item: Mapping[str, Any], reason: str) -> Refusal:
        """Build a refusal from the item that caused it."""
        return cls(
            name=name,
            reason=reason,
            holder=item.get("holder"),
            who=item.get("who"),
            run_id=item.get("run_id"),
            since_ms=item.get("since_ms"),
            until_ms=item.get("until_ms"),
            slot_ms=item.get("slot"),
        )

    def retry_after_s(self, now_ms: int) -> int:
        """Return in how many whole seconds the lock is free at the latest (at least 1)."""
        if not self.until_ms:
            return 1
        # The lock is free *after* the margin, so the first free millisecond is one later.
        return max(1, -(-(self.until_ms + SKEW_MARGIN_MS + 1 - now_ms) // 1000))

    def __str__(self) -> str:
        """Say it in a sentence for logs."""
        if self.reason == SLOT_DONE:
            return f"{self.name}: this scheduled slot has already been done"
        if self.reason == COOLING:
            # It is stored earlier by the margin, which the next taker waits.
            again = _clock(self.until_ms and self.until_ms + SKEW_MARGIN_MS)
            return f"{self.name}: it ran a moment ago and may run again from {again}"
        if self.reason == STALE:
            return f"{self.name}: this event is late; its lease has passed to somebody else or has ended"
        since, until = _clock(self.since_ms), _clock(self.until_ms)
        return f"{self.name}: held by {self.who or self.holder} since {since}, until {until}"


def _clock(epoch_ms: int | None) -> str:
    if not epoch_ms:
        return "an unknown time"
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
