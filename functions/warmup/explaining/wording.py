"""Numbers, dates and counts as English writes them, and a choice of phrasing that is the same every time."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import date
from typing import Final

from warmup.steps import Step

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PERIODS: Final = {Step.DAILY: "day", Step.WEEKLY: "week", Step.MONTHLY: "month"}


def number(value: float) -> str:
    """Write a value: whole from 10 on, with one decimal place below, with one significant digit below 0.1."""
    if value >= 9.95 or value == int(value):
        return f"{round(value):,}"
    return f"{value:.1f}" if value >= 0.095 else f"{value:.1g}"


def day(moment: date, step: Step) -> str:
    """Write a period's date: `3 March 2024`, of months `March 2024`."""
    month = f"{MONTHS[moment.month - 1]} {moment.year}"
    return month if step is Step.MONTHLY else f"{moment.day} {month}"


def when(moment: date, step: Step) -> str:
    """Write at which time something was: `on 3 March 2024`, `in the week of 3 March 2024`, `in March 2024`."""
    before = {Step.DAILY: "on", Step.WEEKLY: "in the week of", Step.MONTHLY: "in"}[step]
    return f"{before} {day(moment, step)}"


def periods(count: int, step: Step) -> str:
    """Write how many periods: `1 week`, `52 weeks`."""
    return f"{count:,} {unit(step)}{'' if count == 1 else 's'}"


def unit(step: Step) -> str:
    """Return what one period is called."""
    return _PERIODS[step]


def times(count: int) -> str:
    """Write how often: `once`, `twice`, `7 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def opening(sentence: str) -> str:
    """Return the sentence with a capital at its beginning."""
    return sentence[:1].upper() + sentence[1:]


def choose(options: Sequence[str], seed: str, turn: int = 0) -> str:
    """Return one of the options: always the same for a seed, another one for the next turn."""
    return options[(zlib.crc32(seed.encode()) + turn) % len(options)]
