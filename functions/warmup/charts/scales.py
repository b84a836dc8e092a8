"""Where values and days lie in a chart, and which of them are written at its axes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_DATES = 10
# Less than any value of a series, which are rounded.
_NOTHING = 1e-9
_DAY_STEPS = (1, 2, 7, 14)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)


@dataclass(frozen=True)
class Scale:
    """A straight way from figures to places."""

    first: float
    last: float
    start: float
    end: float

    def place(self, figure: float) -> float:
        """Return where a figure lies."""
        return self.start + (figure - self.first) / (self.last - self.first) * (self.end - self.start)


def value_ticks(highest: float) -> list[float]:
    """Return about six round values from 0 to at least `highest`; an axis of nothing goes to 1."""
    highest = highest if highest > _NOTHING else 1.0
    rough = highest / 5
    size = 10.0 ** math.floor(math.log10(rough))
    # A hair less, so that 0.2 / 0.1 does not count as more than 2.
    step = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= rough * (1 - 1e-9))
    count = max(1, math.ceil(highest / step * (1 - 1e-9)))
    return [step * number for number in range(count + 1)]


def date_ticks(first: date, last: date) -> list[tuple[date, str]]:
    """Return at most ten round dates from `first` to `last` with their labels, the year where it is new."""
    for ticks in _candidates(first, last):
        if 1 <= len(ticks) <= _MOST_DATES:
            return list(_labelled(ticks, months=all(day.day == 1 for day in ticks) and len(ticks) > 1))
    return list(_labelled([first], months=False))


def _candidates(first: date, last: date) -> Iterator[list[date]]:
    for days in _DAY_STEPS:
        count = (last - first).days // days
        # Counting stops where there would be too many anyway.
        yield [first + timedelta(days=days * number) for number in range(min(count, _MOST_DATES) + 1)]
    for months in _MONTH_STEPS:
        begin, end = _month(first + timedelta(days=-1)) + 1, _month(last)
        numbers = range(begin + -begin % months, end + 1, months)
        yield [date(number // 12, number % 12 + 1, 1) for number in numbers[: _MOST_DATES + 1]]


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _labelled(ticks: list[date], *, months: bool) -> Iterator[tuple[date, str]]:
    year = None
    for day in ticks:
        name = _MONTHS[day.month - 1] if months else f"{day.day} {_MONTHS[day.month - 1]}"
        yield day, name if day.year == year else f"{name} {day.year}"
        year = day.year
