"""What a world must look like afterwards, as numbers: expected, and found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tests.chaos.world import World

# Writes under a fence after a newer one had been claimed.
_STALE: Final = """
    SELECT count(*) FROM chaos.writes AS w
    WHERE EXISTS (SELECT FROM chaos.claims AS c WHERE c.lock = w.lock AND c.fence > w.fence AND c.seq < w.seq)
"""
# Claims that came after a newer one.
_BACKWARDS: Final = """
    SELECT count(*) FROM chaos.claims AS c
    WHERE EXISTS (SELECT FROM chaos.claims AS n WHERE n.lock = c.lock AND n.fence > c.fence AND n.seq < c.seq)
"""
_OPEN: Final = "SELECT count(*) FROM job_runs WHERE status IN ('queued', 'running')"


@dataclass(frozen=True)
class Effect:
    """One number; where something may happen more often, `at_most` says how often."""

    what: str
    expected: int
    found: int
    at_most: int | None = None

    @property
    def holds(self) -> bool:
        """Whether it is as it should be."""
        return self.expected <= self.found <= (self.expected if self.at_most is None else self.at_most)

    @property
    def wanted(self) -> str:
        """What is expected, for people."""
        if self.at_most is None or self.at_most == self.expected:
            return str(self.expected)
        return f"{self.expected} to {self.at_most}"


class Scenario(Protocol):
    """One job's work: given anew in each round, and counted over all of them."""

    # Whether runs are held apart by a lock and a fence.
    locked: bool
    # Whether a clock starts them, each for a slot.
    scheduled: bool

    def open(self, world: World) -> None:
        """Furnish the world."""

    def give(self) -> Mapping[str, Any]:
        """Give the job work for a round; return the parameters of its runs."""

    def meanwhile(self) -> None:
        """Let the world go on while a worker is frozen."""

    def left(self) -> int:
        """Return how much of the work has not been done."""

    def effects(self) -> Sequence[Effect]:
        """Return what has become of all the work that was given."""

    def close(self) -> None:
        """End what the scenario has started."""


def common(world: World, *, locked: bool) -> list[Effect]:
    """Return what holds for every job that runs under a lock."""
    if not locked:
        return []
    return [
        Effect("stale writes accepted", 0, int(world.one(_STALE))),
        Effect("stale claims accepted", 0, int(world.one(_BACKWARDS))),
        Effect("runs without an end", 0, int(world.one(_OPEN))),
        Effect("locks held at the end", 0, len(world.locks_held())),
    ]
