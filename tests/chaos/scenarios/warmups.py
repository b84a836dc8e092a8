"""Comparisons to be warmed: each has one entry of its newest data, which can be read, and says that it is ready."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from local.aws import client
from tests.chaos.effects import Effect
from tests.chaos.world import World
from tests.integration.warmup.shelf import points
from warmup import comparisons
from warmup.caching.cache import Cache
from warmup.caching.keys import EXPLANATIONS, FORECASTS, Kind
from warmup.caching.statuses import State

_WEEKS: Final = 14
_NEW: Final = 2
# The newest are the most popular, so that no run leaves them out.
_GIVE: Final = """
    INSERT INTO comparisons (slug, term_a, term_b, views, series) VALUES (:slug, 'tea', 'coffee', :views, :series)
"""


class _Warmups:
    """What the three warmups have in common."""

    locked = True
    scheduled = True
    kinds: tuple[Kind, ...] = ()

    def open(self, world: World) -> None:
        self._world = world
        self._slugs: list[str] = []
        self._cache = Cache(client("dynamodb", world.ground.aws.endpoint), world.cache_table)

    def give(self) -> Mapping[str, Any]:
        for _ in range(_NEW):
            self._add()
        return {}

    def _add(self) -> None:
        number = len(self._slugs) + 1
        self._slugs.append(f"tea-vs-coffee-{number}")
        series = json.dumps(points(_WEEKS))
        self._world.sql(_GIVE, slug=self._slugs[-1], views=1000 + number, series=series)

    def meanwhile(self) -> None:
        """The newest gets other data: what a frozen worker makes of the old must not stand for it."""
        series = json.dumps(points(_WEEKS + 1))
        self._world.sql(
            "UPDATE comparisons SET series = :series WHERE slug = :slug", series=series, slug=self._slugs[-1]
        )

    def left(self) -> int:
        return sum(not self._has(slug, kind) for slug in self._slugs[-6:] for kind in self.kinds)

    def _has(self, slug: str, kind: Kind) -> bool:
        candidate = comparisons.find(_Read(self._world), slug)  # type: ignore[arg-type]  # reads as a Database does
        assert candidate is not None
        known = self._cache.read(slug, consistent=True)
        return known.current(kind, candidate, self._cache.now_ms()) is not None and not known.unreadable

    def effects(self) -> Sequence[Effect]:
        wanted = len(self._slugs) * len(self.kinds)
        warm = sum(self._has(slug, kind) for slug in self._slugs for kind in self.kinds)
        unreadable = sum(self._cache.read(slug, consistent=True).unreadable for slug in self._slugs)
        return [
            Effect("entries of the newest data", wanted, warm),
            Effect("entries that cannot be read", 0, unreadable),
        ]

    def close(self) -> None:
        """Nothing of its own."""


class Forecasts(_Warmups):
    """The work of warmup-forecasts."""

    kinds = (FORECASTS,)


class Explanations(_Warmups):
    """The work of warmup-ai-explanations."""

    kinds = (EXPLANATIONS,)


class OnDemand(_Warmups):
    """The work of warmup-on-demand: one comparison a round."""

    scheduled = False
    kinds = (FORECASTS, EXPLANATIONS)
    _changed = True

    def give(self) -> Mapping[str, Any]:
        self._add()
        return {"slug": self._slugs[-1]}

    def meanwhile(self) -> None:
        """Other data is another lock: every second time the data stays, so that both workers want the same one."""
        self._changed = not self._changed
        if self._changed:
            super().meanwhile()

    def effects(self) -> Sequence[Effect]:
        shown = [self._world.get("/api/comparison/premium", slug=slug) for slug in self._slugs]
        ready = sum(body["warmup"]["state"] == State.READY and not body["needsWarmup"] for body in shown)
        return [*super().effects(), Effect("comparisons shown as ready", len(self._slugs), ready)]


class _Read:
    """As much of a Database as `comparisons.find` needs."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        from local.database import connected

        with connected(self._world.url) as connection:
            rows = connection.run(statement, **values)
            return [dict(zip((column["name"] for column in connection.columns), row, strict=True)) for row in rows]
