"""Which of the runs that have not ended are still at work, by their age and by the lock they hold; pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from nightshift.lease import SKEW_MARGIN_MS
from nightshift.runs import QUEUE_WINDOW_S

# Lambda keeps an event for 360 s (MaximumEventAgeInSeconds in the template); after that nobody comes any more.
QUEUED_AT_MOST_S: Final = 360 + QUEUE_WINDOW_S
# A run that frees its lock records its end right after that, or right before.
_SETTLES_MS: Final = 60_000
# Of a run whose record does not say how long it may take: the longest that any job may.
_LONGEST_S: Final = 7200


class Found(StrEnum):
    """How a run was found."""

    ALIVE = "alive"
    DEAD = "dead"
    STUCK = "stuck"


@dataclass(frozen=True)
class OpenRun:
    """A run that has not ended, as it is recorded; `age_s` is since it was begun, or queued where it was not."""

    id: str
    job: str
    lock: str
    status: str
    fence: int | None
    age_s: float
    limit_s: int | None

    @property
    def most_s(self) -> int:
        """How old it may become."""
        return QUEUED_AT_MOST_S if self.status == "queued" else (self.limit_s or _LONGEST_S) + QUEUE_WINDOW_S


def judge(run: OpenRun, item: Mapping[str, Any] | None, now_ms: int) -> tuple[Found, str]:
    """Return how a run was found and why, from the item of its lock (None: there is none, or it cannot be asked)."""
    is_over = run.age_s > run.most_s
    if run.status == "queued":
        return (Found.DEAD, "it was accepted and nobody began it") if is_over else (Found.ALIVE, "")
    if run.fence is None or item is None or int(item.get("fence", 0)) < run.fence:
        return (Found.DEAD, "it was never ended within its time") if is_over else (Found.ALIVE, "")
    if item.get("run_id") != run.id:
        # Whoever holds the lock now got it because this one let go of it or died.
        has_settled = run.age_s * 1000 > _SETTLES_MS
        return (Found.DEAD, "it was never ended; a newer run has taken its lock") if has_settled else (Found.ALIVE, "")
    return _by_its_lease(run, item, now_ms, is_over=is_over)


def _by_its_lease(run: OpenRun, item: Mapping[str, Any], now_ms: int, *, is_over: bool) -> tuple[Found, str]:
    ended_ms = int(item.get("until_ms") or 0)
    if not item.get("holder"):
        is_dead = now_ms > max(ended_ms, int(item.get("released_ms") or 0)) + _SETTLES_MS
        return (Found.DEAD, "its lock was given back and its end never recorded") if is_dead else (Found.ALIVE, "")
    if now_ms > ended_ms + SKEW_MARGIN_MS + _SETTLES_MS:
        return Found.DEAD, "its lease has ended without a word from it"
    if is_over:
        return Found.STUCK, f"it runs for {round(run.age_s)} s and may take {run.most_s - QUEUE_WINDOW_S} s"
    return Found.ALIVE, ""
