"""Comparisons in a database and what the cache has of them, for the tests of the warmups."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pg8000.native

from tests.support.aws import CACHE_TABLE, Aws
from warmup import comparisons
from warmup.caching import entries
from warmup.caching.cache import Cache, Known
from warmup.caching.entries import Entry
from warmup.caching.keys import Kind
from warmup.comparisons import Candidate

WEEKS = 60
DAY_MS = 24 * 3_600_000


@dataclass
class Clock:
    """Milliseconds that a test moves."""

    ms: int = 1_800_000_000_000

    def __call__(self) -> int:
        return self.ms


def points(count: int = WEEKS) -> list[dict[str, Any]]:
    """A weekly series of both terms."""
    first = date(2026, 11, 22) - timedelta(weeks=count - 1)
    return [
        {"date": (first + timedelta(weeks=n)).isoformat(), "values": [40 + n % 7, 30 - n % 5]} for n in range(count)
    ]


@dataclass(frozen=True)
class Shelf:
    """The database and the cache of one test."""

    connection: pg8000.native.Connection
    aws: Aws
    clock: Clock = field(default_factory=Clock)

    @property
    def cache(self) -> Cache:
        """The cache, at the test's own time."""
        return Cache(self.aws.client("dynamodb"), CACHE_TABLE, self.clock)

    def add(self, slug: str, *, series: Any = None, **columns: Any) -> Candidate:
        """A comparison that is popular unless said otherwise."""
        values = {
            "slug": slug, "term_a": "tea", "term_b": "coffee", "views": 20,
            "series": json.dumps(points() if series is None else series), **columns,
        }  # fmt: skip
        names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
        self.connection.run(f"INSERT INTO comparisons ({names}) VALUES ({places})", **values)
        return self.find(slug)

    def find(self, slug: str) -> Candidate:
        """A comparison as it is now."""
        rows = self.connection.run(
            "SELECT id, slug, term_a, term_b, timeframe, geo, data_hash FROM comparisons WHERE slug = :slug", slug=slug
        )
        number, name, term_a, term_b, timeframe, geo, data_hash = rows[0]
        return comparisons.Candidate(number, name, (term_a, term_b), timeframe, geo, data_hash)

    def change(self, slug: str, series: Any) -> Candidate:
        """New data for a comparison."""
        self.connection.run(
            "UPDATE comparisons SET series = :series WHERE slug = :slug", slug=slug, series=json.dumps(series)
        )
        return self.find(slug)

    def cached(self, kind: Kind, candidate: Candidate, *, age_days: float = 0, **bundle: Any) -> Entry:
        """An entry that was made so long ago."""
        made_ms = self.clock.ms - int(age_days * DAY_MS)
        # As the deployed explainer says of itself, where nothing else is deployed.
        bundle = bundle or {"made": age_days, "provider": "offline", "model": None}
        entry = entries.new(kind, candidate, bundle, made_ms=made_ms, run_id="a run before")
        self.cache.put(entry)
        return entry

    def known(self, slug: str) -> Known:
        """What the cache knows."""
        return self.cache.read(slug, consistent=True)

    def items(self) -> list[Mapping[str, Any]]:
        """All that is in the cache's table."""
        found: list[Mapping[str, Any]] = self.aws.client("dynamodb").scan(TableName=CACHE_TABLE)["Items"]
        return found
