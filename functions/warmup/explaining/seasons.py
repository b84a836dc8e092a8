"""Whether the same month is the busiest in most years, or the same weekday in most weeks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from warmup.explaining.wording import MONTHS, WEEKDAYS
from warmup.steps import Step

# So often, and in two thirds of the cycles, it must be the same one: among random values that happens to a month of
# four years in one series of forty, to a month of more years or to a weekday less often.
_LEAST_TIMES: Final = {Step.DAILY: 6, Step.WEEKLY: 3, Step.MONTHLY: 3}
# Values that make a year or week a whole one: any calendar year holds 52 of a weekday.
_WHOLE: Final = {Step.DAILY: 7, Step.WEEKLY: 52, Step.MONTHLY: 12}
# The busiest part must stand out by this share of the cycle's mean.
_LEAST_LIFT: Final = 0.1

# The values of a whole cycle with the part that each belongs to.
_Cycle = list[tuple[int, float]]


@dataclass(frozen=True)
class Season:
    """The part of the cycle that was the busiest in `times` of `cycles` whole ones.

    Attributes:
        part: a month (1 to 12) of calendar years or, where `weekly`, a weekday (0 is Monday) of calendar weeks.
    """

    part: int
    times: int
    cycles: int
    weekly: bool

    @property
    def name(self) -> str:
        """The month or weekday."""
        return WEEKDAYS[self.part] if self.weekly else MONTHS[self.part - 1]

    def holds(self, moment: date) -> bool:
        """Whether a date lies in the busiest part."""
        return self.part == (moment.weekday() if self.weekly else moment.month)


def find_season(dates: Sequence[date], values: Sequence[float], step: Step) -> Season | None:
    """Return the season that a series shows in its whole years (daily: weeks), None where it shows none.

    A growing series is highest in December without any season. So the same part must be the busiest in the values as
    they are, which is what `Season` counts, and also once the trend from year to year is taken out.
    """
    cycles = _whole_cycles(dates, values, step)
    part = _most_often(_without_trend(cycles), _LEAST_TIMES[step], _LEAST_LIFT)
    if part is None or _most_often(cycles, _LEAST_TIMES[step], _LEAST_LIFT) != part:
        return None
    times = sum(_busiest(cycle, 0) == part for cycle in cycles)
    return Season(part, times, len(cycles), weekly=step is Step.DAILY)


def _whole_cycles(dates: Sequence[date], values: Sequence[float], step: Step) -> list[_Cycle]:
    cycles: defaultdict[Hashable, _Cycle] = defaultdict(list)
    for moment, value in zip(dates, values, strict=True):
        if step is Step.DAILY:
            cycles[moment.isocalendar()[:2]].append((moment.weekday(), value))
        else:
            cycles[moment.year].append((moment.month, value))
    return [cycle for cycle in cycles.values() if len(cycle) >= _WHOLE[step]]


def _without_trend(cycles: Sequence[_Cycle]) -> list[_Cycle]:
    """Level every cycle by the slope between the means of its neighbours."""
    means = [_mean([value for _, value in cycle]) for cycle in cycles]
    levelled = []
    for place, cycle in enumerate(cycles):
        before, after = max(place - 1, 0), min(place + 1, len(cycles) - 1)
        slope = (means[after] - means[before]) / max(after - before, 1)
        middle = (len(cycle) - 1) / 2
        levelled.append([(part, value - slope * (i - middle) / len(cycle)) for i, (part, value) in enumerate(cycle)])
    return levelled


def _most_often(cycles: Sequence[_Cycle], least_times: int, lift: float) -> int | None:
    counts = Counter(part for part in (_busiest(cycle, lift) for cycle in cycles) if part is not None)
    if not counts:
        return None
    part, times = counts.most_common(1)[0]
    return part if times >= least_times and 3 * times >= 2 * len(cycles) else None


def _busiest(cycle: _Cycle, lift: float) -> int | None:
    """Return the part with the highest mean; None where two share it or it does not stand out."""
    values: defaultdict[int, list[float]] = defaultdict(list)
    for part, value in cycle:
        values[part].append(value)
    means = {part: _mean(own) for part, own in values.items()}
    highest = max(means.values())
    winners = [part for part, mean in means.items() if mean == highest]
    stands_out = highest > (1 + lift) * _mean([value for _, value in cycle])
    return winners[0] if len(winners) == 1 and stands_out else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
