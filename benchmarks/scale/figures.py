"""Figures of what was simulated, and where they bend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

# With less than this part of what its workers could do, a system falls short.
ENOUGH: Final = 0.8
# A resource that is in use for more than this part of the time is used up.
FULL: Final = 0.7


@dataclass(frozen=True)
class Line:
    """What so many workers came to.

    Attributes:
        rate: what was done a second. ideal: what it would be if nobody ever waited for anything shared.
        busy: which part of the time each shared resource was in use, by its name.
        wait_p50_s, wait_p99_s: how long was waited for the first of the shared resources, `busiest`.
        notes: what else is worth knowing, such as runs that failed.
    """

    workers: int
    rate: float
    ideal: float
    busy: Mapping[str, float]
    wait_p50_s: float
    wait_p99_s: float
    notes: Mapping[str, float]

    @property
    def busiest(self) -> str:
        """The resource that is used most."""
        return max(self.busy, key=lambda name: self.busy[name])

    @property
    def falls_short(self) -> bool:
        """Whether clearly less is done than the workers could do."""
        return self.rate < ENOUGH * self.ideal

    @property
    def has_bent(self) -> bool:
        """Whether that is so because a shared resource is used up."""
        return self.falls_short and self.busy[self.busiest] > FULL

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "busiest": self.busiest, "bent": self.has_bent}


@dataclass(frozen=True)
class Bend:
    """Where more workers stop to bring more: at about so many, and what holds them up."""

    workers: float
    resource: str
    rate: float


def bend_of(lines: Sequence[Line]) -> Bend | None:
    """Return where a series bends: where its asymptotes cross, what one worker does times N and the most of all lines.

    None where no line has bent.
    """
    bent = [line for line in lines if line.has_bent]
    if not bent:
        return None
    most = max(line.rate for line in lines)
    ideal_of_one = max(line.ideal / line.workers for line in lines)
    return Bend(most / ideal_of_one, bent[0].busiest, most)


def percentile(values: Sequence[float], part: float) -> float:
    """Return the smallest of the values that at least this part of them does not exceed; 0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]
