"""The distances at which search interest is told, daily, weekly or monthly, and the calendar of each."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

_WEEK = 7


class Step(StrEnum):
    """The regular distance between the points of a series."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"

    @property
    def season_length(self) -> int:
        """How many periods make a season: a week of days, a year of weeks or of months."""
        return {Step.DAILY: 7, Step.WEEKLY: 52, Step.MONTHLY: 12}[self]

    @property
    def longest_gap(self) -> int:
        """How many missing periods in a row may be filled in; what lies before a longer gap is another story."""
        return {Step.DAILY: 28, Step.WEEKLY: 26, Step.MONTHLY: 6}[self]

    @classmethod
    def of(cls, distance_days: float) -> Step | None:
        """Give the step for a typical distance between points; None where it is longer than any."""
        if distance_days < 4:
            return cls.DAILY
        if distance_days < 18:
            return cls.WEEKLY
        return cls.MONTHLY if distance_days <= 46 else None


def period(day: date, step: Step, weekday: int) -> int:
    """Number the period that a day belongs to; following periods have following numbers.

    A week belongs to the nearest `weekday` (0 = Monday), as sources in other time zones are a day early or late.
    """
    if step is Step.DAILY:
        return day.toordinal()
    if step is Step.WEEKLY:
        # Day 1 of the calendar was a Monday.
        return (day.toordinal() - 1 - weekday + _WEEK // 2) // _WEEK
    return day.year * 12 + day.month - 1


def first_day(number: int, step: Step, weekday: int) -> date:
    """Give the day by which a period is dated: the day itself, its weekday, or the first of its month."""
    if step is Step.DAILY:
        return date.fromordinal(number)
    if step is Step.WEEKLY:
        return date.fromordinal(number * _WEEK + 1 + weekday)
    return date(number // 12, number % 12 + 1, 1)


def following(last: date, step: Step, count: int) -> tuple[date, ...]:
    """Give the first days of the `count` periods after the one dated `last`."""
    weekday = last.weekday()
    number = period(last, step, weekday)
    return tuple(first_day(number + ahead, step, weekday) for ahead in range(1, count + 1))
