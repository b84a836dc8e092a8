"""What became of the items of a run, counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

# What is added up over the parts of a run; all else in a run's record is the last part's word.
_ADDED = (
    "skippedFresh",
    "recentlyFailed",
    "gone",
    "replaced",
    "waste",
    "inputTokens",
    "outputTokens",
    "costUsd",
    "calls",
)


@dataclass
class Tally:
    """Counts of one item, or of all.

    Attributes:
        counts: by the names under which a run's record has them.
        stopped: why nothing more is begun, where that is so.
    """

    processed: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)
    counts: dict[str, int | Decimal] = field(default_factory=dict)
    stopped: str | None = None

    def __iadd__(self, other: Tally) -> Self:
        self.processed += other.processed
        self.failed += other.failed
        self.errors += other.errors
        self.add(other.counts)
        self.stopped = self.stopped or other.stopped
        return self

    def add(self, counts: Mapping[str, int | Decimal]) -> None:
        """Add counts by their names."""
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count

    def metadata(self, former: Mapping[str, Any]) -> dict[str, Any]:
        """Return the counts for the run's record, together with those that former parts have left there."""
        both = {name: self.counts.get(name, 0) + _number(former.get(name)) for name in (*_ADDED, *self.counts)}
        # Zeros that mean something are those of every warmup; a provider's counts appear where it has some.
        always = ("skippedFresh", "recentlyFailed", "replaced", "waste")
        return {name: _plain(count) for name, count in both.items() if count or name in always}


def _number(value: Any) -> int | Decimal:
    return value if isinstance(value, int) else Decimal(str(value)) if value is not None else 0


def _plain(count: int | Decimal) -> int | str:
    # Money is never a float.
    return format(count, "f") if isinstance(count, Decimal) else count
