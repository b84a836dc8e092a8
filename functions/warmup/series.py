"""From the points as they are stored to one term's regular series: sorted, one value a period, without holes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from nightshift.errors import NightshiftError
from warmup.points import Defect, Reading, read_points
from warmup.steps import Step, first_day, period

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Points read, and periods kept: the newest ones. 2,000 days are more than any season needs.
MOST_POINTS = 20_000
MOST_PERIODS = 2_000
# A last point this much closer than the others is a period that was not over when it was fetched.
_PARTIAL = 0.75


class UnusableSeries(NightshiftError):
    """The stored points are no series of a value at each date."""


@dataclass(frozen=True)
class Series:
    """One term's values at regular distances.

    Attributes:
        dates: the first day of each period.
        values: finite and at least 0, as many as dates.
        observed: how many of the values were given; the others are filled in.
        defects: how many points or periods had a fault, by kind; `read_series` tells the kinds. Without a fault, empty.
    """

    dates: tuple[date, ...]
    values: NDArray[np.float64]
    step: Step
    observed: int
    defects: Mapping[str, int]

    @property
    def season_length(self) -> int:
        """Periods in a season: 7 days, 52 weeks or 12 months."""
        return self.step.season_length


def read_series(points: Any, position: int) -> Series:
    """Read the value at `position` of every point as a regular series.

    The step is daily, weekly or monthly by the median distance of the dates; a single point counts as weekly. Weeks
    are aligned to the most common weekday, a day that is off by up to three belongs to the nearest; months go by the
    calendar. Only the newest MOST_POINTS points are read, and MOST_PERIODS periods kept.

    What is done about defects, and the name under which it is counted:

    - `unreadable`: no date, no number, negative, infinite: left out. `missing`: null: left out.
    - `partial`: marked as not over yet (`isPartial`), or the last date at less than three quarters of the usual
      distance: left out. A last period with a regular date cannot be recognised as partial.
    - `repeated`: the same date written twice: the one listed later replaces the earlier, as a correction does.
    - `merged`: different dates or times in one period: their mean.
    - `filled`: periods without a value: on the straight line between their neighbours.
    - `beforeGap`: periods before a gap that is longer than `Step.longest_gap`: left out, as a line across it would
      be invented. `old`: points and periods beyond the newest: left out.

    Raises:
        UnusableSeries: no point has a date and a number, or the dates are further apart than months.
    """
    if not isinstance(points, list | tuple):
        raise UnusableSeries('points must be a list like [{"date": "2026-11-22", "values": [61, 40]}]')
    defects: Counter[str] = Counter()
    readings = _without_partial(_readings(points, position, defects), defects)
    step = _step(readings)
    weekday = Counter(reading.day.weekday() for reading in readings).most_common(1)[0][0]
    numbers, values = _by_period(readings, step, weekday, defects)
    numbers, values = _recent(numbers, values, step, defects)
    grid = np.arange(numbers[0], numbers[-1] + 1)
    _count(defects, "filled", len(grid) - len(numbers))
    return Series(
        dates=tuple(first_day(int(number), step, weekday) for number in grid),
        values=np.interp(grid, numbers, values),
        step=step,
        observed=len(numbers),
        defects=dict(defects),
    )


def _readings(points: Sequence[Any], position: int, defects: Counter[str]) -> list[Reading]:
    """Read the newest points, in order of their days, the same moment once."""
    by_moment: dict[str, Reading] = {}
    problems = []
    kept = _newest(points, position)
    _count(defects, "old", len(points) - len(kept))
    for point in read_points(kept, position):
        if isinstance(point, Defect):
            _count(defects, point.kind, 1)
            problems.append(point.problem)
            continue
        _count(defects, "repeated", int(point.moment in by_moment))
        by_moment[point.moment] = point
    if not by_moment:
        raise UnusableSeries(f"no point has a date and a value: {problems[0] if problems else 'the list is empty'}")
    return sorted(by_moment.values(), key=lambda reading: reading.day)


def _newest(points: Sequence[Any], position: int) -> Sequence[Any]:
    """Cut a list that is too long at its old end, which is the first or the last."""
    if len(points) <= MOST_POINTS:
        return points
    ends = points[-MOST_POINTS:], points[:MOST_POINTS]
    return max(ends, key=lambda end: max(_days(end, position), default=date.min))


def _days(points: Sequence[Any], position: int) -> list[date]:
    return [point.day for point in read_points(points, position) if isinstance(point, Reading)]


def _without_partial(readings: list[Reading], defects: Counter[str]) -> list[Reading]:
    days = sorted({reading.day for reading in readings})
    if len(days) < 3 or (days[-1] - days[-2]).days >= _PARTIAL * _typical_distance(days):
        return readings
    kept = [reading for reading in readings if reading.day < days[-1]]
    _count(defects, "partial", len(readings) - len(kept))
    return kept


def _step(readings: Sequence[Reading]) -> Step:
    days = sorted({reading.day for reading in readings})
    if len(days) == 1:
        return Step.WEEKLY
    distance = _typical_distance(days)
    step = Step.of(distance)
    if step is None:
        raise UnusableSeries(f"the dates are about {distance:.0f} days apart; they must be days, weeks or months")
    return step


def _typical_distance(days: Sequence[date]) -> float:
    return float(np.median(np.diff([day.toordinal() for day in days])))


def _by_period(
    readings: Sequence[Reading], step: Step, weekday: int, defects: Counter[str]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Average what falls into one period; return the numbers of the periods that have a value, and the values."""
    numbers = np.array([period(reading.day, step, weekday) for reading in readings], dtype=np.int64)
    unique, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    _count(defects, "merged", len(numbers) - len(unique))
    return unique, np.bincount(places, weights=[reading.value for reading in readings]) / counts


def _recent(
    numbers: NDArray[np.int64], values: NDArray[np.float64], step: Step, defects: Counter[str]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Drop the periods before the last long gap, and those beyond MOST_PERIODS."""
    after_gap = int(np.flatnonzero(np.diff(numbers, prepend=numbers[0]) > step.longest_gap + 1)[-1:].sum())
    _count(defects, "beforeGap", after_gap)
    first = max(after_gap, int(np.searchsorted(numbers, numbers[-1] - MOST_PERIODS + 1)))
    _count(defects, "old", first - after_gap)
    return numbers[first:], values[first:]


def _count(defects: Counter[str], kind: str, number: int) -> None:
    if number:
        defects[kind] += number
