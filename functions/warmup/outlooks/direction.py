"""Whether a term rises or falls: the 30 days to come against the 30 days before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from warmup.figures import chance, rounded, shown
from warmup.outlooks.averages import Average, days_within, past_average
from warmup.series import Series
from warmup.steps import Step, following

DAYS = 30
# What is less than this of the higher average is no change that people would see.
_LEAST_CHANGE = 0.05
_LEAST_CHANCE = 0.8
_YEAR = timedelta(weeks=52)


@dataclass(frozen=True)
class Direction:
    """Where a term goes.

    Attributes:
        name: `rising`, `falling` or `steady`.
        before, expected: the average of the last 30 days and the one expected of the next 30.
        chance_of_rise: the probability that the next 30 days turn out above the last.
        year_before: what the same days did a year before, under the same names; None where they are not known.
    """

    name: str
    before: float
    expected: float
    chance_of_rise: float
    year_before: str | None

    @property
    def rule(self) -> str:
        """The rule, what it was applied to, and what the same days did a year before."""
        return (
            f"Expected on average over the next {DAYS} days: {shown(self.expected)}; over the last {DAYS} days it was "
            f"{shown(self.before)}. The chance of a rise is {chance(self.chance_of_rise):.0%}.{self._season} Rising or "
            f"falling means a change of at least {_LEAST_CHANGE:.0%} with a chance of at least {_LEAST_CHANCE:.0%}, "
            "be it the season's or not."
        )

    @property
    def _season(self) -> str:
        if self.year_before is None:
            return ""
        same = " as well" if self.year_before == self.name else ""
        return f" A year before, the same days were {self.year_before}{same}."

    def as_json(self) -> dict[str, Any]:
        """Return the figures behind the name."""
        return {
            "before": rounded(self.before),
            "expected": rounded(self.expected),
            "chanceOfRise": chance(self.chance_of_rise),
            "yearBefore": self.year_before,
        }


def direction(series: Series, average: Average) -> Direction:
    """Judge where a series goes by the average of the next 30 days that is expected of it.

    The ordinary upswing of a season counts as rising, as that is what the curve will do; `year_before` tells whether it
    is one. Of a history of less than 30 days all is taken.
    """
    start = following(series.dates[-1], series.step, 1)[0]
    within = days_within(series.dates, series.step, start - timedelta(days=DAYS), DAYS)
    before = float(within @ series.values / within.sum())
    rise = 1 - average.chance_below(before)
    name = _name(before, average.middle)
    sure = rise if name == "rising" else 1 - rise
    return Direction(
        name=name if sure >= _LEAST_CHANCE else "steady",
        before=before,
        expected=average.middle,
        chance_of_rise=rise,
        year_before=_year_before(series, start),
    )


def _name(before: float, after: float) -> str:
    if abs(after - before) < _LEAST_CHANGE * max(before, after) or before == after:
        return "steady"
    return "rising" if after > before else "falling"


def _year_before(series: Series, start: date) -> str | None:
    """Name what the same days did a year before, weekdays matching."""
    turn = start.replace(year=start.year - 1) if series.step is Step.MONTHLY else start - _YEAR
    known = (
        past_average(series.dates, series.values, series.step, first, DAYS)
        for first in (turn - timedelta(days=DAYS), turn)
    )
    before, after = known
    return None if before is None or after is None else _name(before, after)
