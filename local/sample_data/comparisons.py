"""Comparisons of search terms, invented: series made by formulas, the same on every machine and every day."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

Point = dict[str, Any]

# The last Sunday of every series: fixed, so that a second run finds unchanged data.
LAST_DAY = date(2026, 11, 22)
_WEEK = timedelta(weeks=1)
_DAY = timedelta(days=1)
_WEEKS_OF_YEAR = 365.25 / 7


@dataclass(frozen=True)
class SampleComparison:
    """A row of `comparisons`, and what the forecasts should make of it.

    Attributes:
        age_days, visit_days: how long ago it was made and last visited (None: never).
        forecastable: whether at least one of its terms has a series that can be forecast.
    """

    slug: str
    term_a: str
    term_b: str
    timeframe: str
    geo: str
    series: list[Point]
    views: int
    age_days: int
    visit_days: int | None
    forecastable: bool


def _noise(name: str, step: int) -> float:
    """Give a value of about -1 to 1, bell-shaped around 0; the same for the same name and step for ever."""
    digest = hashlib.blake2b(f"{name} {step}".encode(), digest_size=16).digest()
    parts: tuple[int, ...] = struct.unpack("<4I", digest)
    return sum(parts) / 2**33 - 1


def _scaled(a: list[float], b: list[float]) -> Iterator[list[int]]:
    """Scale both terms as search interest is told: whole numbers, 100 for the highest value of either."""
    highest = max(*a, *b)
    for pair in zip(a, b, strict=True):
        yield [round(100 * max(value, 0) / highest) for value in pair]


def _series(a: Callable[[int], float], b: Callable[[int], float], *, count: int, step: timedelta) -> list[Point]:
    """Tabulate two formulas of the step's number, ending at LAST_DAY."""
    numbers = range(count)
    pairs = _scaled([a(number) for number in numbers], [b(number) for number in numbers])
    first = LAST_DAY - step * (count - 1)
    return [
        {"date": (first + step * number).isoformat(), "values": pair}
        for number, pair in zip(numbers, pairs, strict=True)
    ]


def _season(step: int, *, peak_week: float) -> float:
    """Swing between -1 and 1 over a year of weeks, highest in the calendar week `peak_week`."""
    week = (LAST_DAY - _WEEK * (260 - step)).timetuple().tm_yday / 7
    return math.cos(2 * math.pi * (week - peak_week) / _WEEKS_OF_YEAR)


def _iced_tea(step: int) -> float:
    return 30 + 22 * _season(step, peak_week=28) + 0.03 * step + 7 * _noise("iced tea", step)


def _hot_chocolate(step: int) -> float:
    # People think of it suddenly, in December: a sharper wave than that of the summer.
    winter = math.exp(2.2 * (_season(step, peak_week=51) - 1))
    return (8 + 62 * winter) * (1 + 0.3 * _noise("hot chocolate", step))


def _oat_milk(step: int) -> float:
    return 70 / (1 + math.exp(-(step - 150) / 40)) + 6 + 8 * _noise("oat milk", step)


def _soy_milk(step: int) -> float:
    return 58 - 0.12 * step + 8 * _noise("soy milk", step)


def _weekend(step: int) -> float:
    return 1.25 if (LAST_DAY - _DAY * (209 - step)).weekday() >= 5 else 1.0


def _storm_lantern(step: int) -> float:
    days_after_storm = step - 193
    rush = 80 * math.exp(-days_after_storm / 4) if days_after_storm >= 0 else 0
    return (12 + rush) * _weekend(step) * (1 + 0.5 * _noise("storm lantern", step))


def _camping_lamp(step: int) -> float:
    return (16 + 0.06 * step) * _weekend(step) * (1 + 0.4 * _noise("camping lamp", step))


def _cold_brew(step: int) -> float:
    return 40 + 5 * step + 10 * _noise("cold brew", step)


def _cascara(step: int) -> float:
    return 22 + 8 * _noise("cascara", step)


def _trowels() -> list[Point]:
    """A file that was read with the wrong columns: three points are left that say something."""
    return [
        {"date": "week 41", "values": [40, 12]},
        {"date": "2026-11-01", "values": ["copper trowel", "steel trowel"]},
        {"date": "2026-11-08", "values": [44, 13]},
        {"date": None, "values": [41, 12]},
        {"week": "2026-11-15", "copper trowel": 47},
        {"date": "2026-11-15", "values": [47, 15]},
        {"date": "2026-11-22", "values": [45]},
    ]


COMPARISONS: tuple[SampleComparison, ...] = (
    SampleComparison(
        slug="iced-tea-vs-hot-chocolate",
        term_a="iced tea",
        term_b="hot chocolate",
        timeframe="today 5-y",
        geo="US",
        series=_series(_iced_tea, _hot_chocolate, count=261, step=_WEEK),
        views=412,
        age_days=210,
        visit_days=0,
        forecastable=True,
    ),
    SampleComparison(
        slug="oat-milk-vs-soy-milk",
        term_a="oat milk",
        term_b="soy milk",
        timeframe="today 5-y",
        geo="DE",
        series=_series(_oat_milk, _soy_milk, count=261, step=_WEEK),
        views=187,
        age_days=95,
        visit_days=2,
        forecastable=True,
    ),
    SampleComparison(
        slug="storm-lantern-vs-camping-lamp",
        term_a="storm lantern",
        term_b="camping lamp",
        timeframe="today 7-m",
        geo="GB",
        series=_series(_storm_lantern, _camping_lamp, count=210, step=_DAY),
        views=36,
        age_days=12,
        visit_days=1,
        forecastable=True,
    ),
    SampleComparison(
        slug="cold-brew-vs-cascara-tea",
        term_a="cold brew",
        term_b="cascara tea",
        timeframe="today 3-m",
        geo="",
        series=_series(_cold_brew, _cascara, count=10, step=_WEEK),
        views=3,
        age_days=4,
        visit_days=4,
        forecastable=True,
    ),
    SampleComparison(
        slug="copper-trowel-vs-steel-trowel",
        term_a="copper trowel",
        term_b="steel trowel",
        timeframe="today 5-y",
        geo="US",
        series=_trowels(),
        views=14,
        age_days=1,
        visit_days=None,
        forecastable=False,
    ),
)
