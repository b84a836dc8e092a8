"""How an entry of a kind is made: what a warmup does to each comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from warmup.caching.entries import FRESH_MS, Bundle
from warmup.caching.keys import Kind
from warmup.comparison import Comparison


@dataclass(frozen=True)
class Made:
    """A bundle for the cache.

    Attributes:
        used: what making it has used, by names under which a run adds it up.
        fresh_ms: for how long it need not be made again; a makeshift is not fresh for as long as the real thing.
    """

    bundle: Mapping[str, Any]
    used: Mapping[str, int | Decimal] = field(default_factory=dict)
    fresh_ms: int = FRESH_MS


@dataclass(frozen=True)
class Recipe:
    """One kind of entry.

    Attributes:
        make: from a comparison and a deadline on `time.monotonic` to the bundle. A NightshiftError says why there is
            none; `used`, if the error has it, what was spent all the same. Called from several threads.
        needs_s: with less time left, none is begun.
        ends_all: errors after which no other comparison would fare better.
        accepts: whether a bundle that is there and fresh may stay; one by another maker may not.
    """

    kind: Kind
    make: Callable[[Comparison, float], Made]
    needs_s: float
    ends_all: tuple[type[Exception], ...] = ()
    accepts: Callable[[Bundle], bool] = lambda _: True
