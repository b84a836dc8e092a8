"""Single points of a stored comparison: what of them can be read as a day and a value, and what is wrong otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

# Far above any count of searches, and far below where squares of values overflow.
MAX_VALUE = 1e12
# Beyond these a calendar has no room for what follows, and no shop has customers.
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
# The day, perhaps with a time or the end of the period behind it: "2026-11-22", "2026-11-22T00:00:00Z",
# "2026-11-22 - 2026-11-28", "2026-11".
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?(?=$|[T ])")
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
_LONGEST_TEXT = 64


@dataclass(frozen=True)
class Reading:
    """A point that could be read.

    Attributes:
        moment: the date as it is written, by which the same point listed twice is recognised.
    """

    day: date
    moment: str
    value: float


@dataclass(frozen=True)
class Defect:
    """A point without a value: its kind (`unreadable`, `missing`, `partial`) and which field is wrong."""

    kind: str
    problem: str


def read_points(points: Sequence[Any], position: int) -> Iterator[Reading | Defect]:
    """Read each point's value at `position` (0 or 1), in the order in which they are listed."""
    for index, point in enumerate(points):
        yield _read(point, position, f"points[{index}]")


def _read(point: Any, position: int, name: str) -> Reading | Defect:
    if not isinstance(point, Mapping):
        return Defect("unreadable", f'{name} must be an object like {{"date": "2026-11-22", "values": [61, 40]}}')
    day, values = read_day(point.get("date")), point.get("values")
    if day is None:
        return Defect("unreadable", f"{name}.date must be a date like 2026-11-22")
    if not isinstance(values, list | tuple) or len(values) <= position:
        return Defect("unreadable", f"{name}.values must be a list with a value for each term")
    if point.get("isPartial") is True:
        return Defect("partial", f"{name} is marked as not over yet")
    return _reading(day, point["date"], values[position], f"{name}.values[{position}]")


def _reading(day: date, moment: str, stored: Any, name: str) -> Reading | Defect:
    if stored is None:
        return Defect("missing", f"{name} is null")
    value = read_value(stored)
    if value is None:
        return Defect("unreadable", f"{name} must be a number from 0 to {MAX_VALUE:.0e}")
    return Reading(day, moment, value)


def read_day(written: Any) -> date | None:
    """Read a date of the form year-month-day, or year-month for its first day; a time behind it is ignored.

    Forms that begin with a day or a month's name are refused: 03/04/2026 is two days.
    """
    if not isinstance(written, str) or len(written) > _LONGEST_TEXT:
        return None
    match = _DATE.match(written)
    if match is None or not _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3] or 1))
    except ValueError:
        return None


def read_value(stored: Any) -> float | None:
    """Read a number from 0 to MAX_VALUE, also one written as text; `<1`, as Google Trends writes it, is a half.

    Rounded to six decimals: what is smaller than that is noise of a calculation, and breaks divisions.
    """
    if isinstance(stored, str):
        if stored.strip() == "<1":
            return 0.5
        number = _NUMBER.fullmatch(stored.strip()) if len(stored) <= _LONGEST_TEXT else None
        return _bounded(float(number[0])) if number else None
    if isinstance(stored, bool) or not isinstance(stored, int | float):
        return None
    return _bounded(stored)


def _bounded(number: float) -> float | None:
    # Not a number, infinity and integers too long for a float all fail this comparison.
    return round(float(number), 6) if 0 <= number <= MAX_VALUE else None
