"""Small comparisons of search terms for tests."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from warmup.comparison import Comparison

FIRST_WEEK = date(2024, 1, 7)


def points(first: Sequence[float | None], second: Sequence[float | None], *, days: int = 7) -> list[dict[str, Any]]:
    """Return the points of two series, by default weekly from FIRST_WEEK on."""
    return [
        {"date": (FIRST_WEEK + timedelta(days * number)).isoformat(), "values": list(pair)}
        for number, pair in enumerate(zip(first, second, strict=True))
    ]


def comparison(
    first: Sequence[float | None] = (10, 20, 80, 30, 10, 15, 60, 20, 10),
    second: Sequence[float | None] = (30, 30, 30, 30, 30, 50, 30, 30, 30),
    *,
    terms: tuple[str, str] = ("iced tea", "hot chocolate"),
    days: int = 7,
    geo: str = "US",
) -> Comparison:
    """Return a comparison; the one without arguments has two peaks of the first term, one of the second."""
    return Comparison(
        id=1,
        slug="a-vs-b",
        terms=terms,
        timeframe="today 5-y",
        geo=geo,
        data_hash="d41d8cd98f00b204e9800998ecf8427e",
        points=points(first, second, days=days),
    )


def random_comparison(seed: int) -> Comparison:
    """Return a comparison of random length, step, level, noise, season and gaps; always the same for a seed."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    count, days = chance.choice([1, 2, 3, 9, 40, 120, 270]), chance.choice([1, 7, 30])
    first, second = (_random_series(chance, count, 365 / days) for _ in range(2))
    return comparison(first, second, days=days)


def _random_series(chance: random.Random, count: int, year: float) -> list[float | None]:
    level, noise, season = chance.choice([0, 3, 50, 4000]), chance.random(), chance.choice([0, 0, 1])
    hole = chance.choice([0, 0, 0.1])
    values: list[float | None] = []
    for number in range(count):
        high = season and (number % year) / year > 0.9
        value = level * (1 + 2 * bool(high)) * (1 + noise * chance.uniform(-1, 1))
        values.append(None if chance.random() < hole and number else round(value, chance.choice([0, 1])))
    return values
