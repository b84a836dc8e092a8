"""The comparisons in the database: two more that nobody looks at yet, and a new point for each of them on every day."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

from local.sample_data.comparisons import COMPARISONS, Point, SampleComparison
from nightshift.database import Database
from nightshift.sql import queries

_SQL = queries("local.sample_data")
_YEAR_OF_WEEKS = 52
_FEW_VIEWS, _RECENT_DAYS = 10, 30

_ICED_TEA, _OAT_MILK = (replace(each, views=0, age_days=60, visit_days=None) for each in COMPARISONS[:2])
# Warmed because somebody asks (events/warmup-on-demand.manual.json), and because a reader comes.
ASKED_FOR = replace(_OAT_MILK, slug="oat-milk-vs-pea-milk", term_b="pea milk")
READ = replace(_ICED_TEA, slug="iced-tea-vs-lemonade", term_b="lemonade")
ALL = (*COMPARISONS, ASKED_FOR, READ)


def begin(database: Database, day: int) -> None:
    """Bring all comparisons to the morning of `day`: what was cached is of yesterday's data then."""
    rows = [{**asdict(each), "series": series_on(each, day)} for each in ALL]
    database.write(_SQL["put_comparisons"], comparisons=rows)


def series_on(comparison: SampleComparison, day: int) -> list[Point]:
    """Return the series with a point more for each day after the first; what cannot be read grows as unreadably."""
    series = list(comparison.series)
    for number in range(1, day):
        series.append(_next(series) if comparison.forecastable else {"date": f"week {41 + number}"})
    return series


def _next(series: list[Point]) -> dict[str, Any]:
    """One step on, as it was a year of weeks before, or as it is."""
    last, before = (date.fromisoformat(point["date"]) for point in (series[-1], series[-2]))
    step: timedelta = last - before
    alike = series[-_YEAR_OF_WEEKS] if len(series) >= _YEAR_OF_WEEKS else series[-1]
    return {"date": (last + step).isoformat(), "values": alike["values"]}


def forecast() -> tuple[int, int]:
    """How many the warmup of forecasts makes, and how many it fails at."""
    made = sum(each.forecastable for each in COMPARISONS)
    return made, len(COMPARISONS) - made


def explained() -> int:
    """How many the warmup of explanations makes: even three points can be put into words."""
    return sum(
        each.views >= _FEW_VIEWS or (each.visit_days is not None and each.visit_days < _RECENT_DAYS)
        for each in COMPARISONS
    )
