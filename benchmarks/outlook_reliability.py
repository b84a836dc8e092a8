"""Do outlooks come true as often as they say? Tables for docs/adr/0121 and following.

`python benchmarks/outlook_reliability.py SERIES.csv [--groups gt_daily,...] [--every N]`: SERIES.csv
has the columns id, group, train and test (values separated by blanks); a group's name ends in its step. From each
series its last days are hidden, once and at two earlier dates, and forecast from what lies before them. A cell reads:
mean of the chances that were said -> share that came true (how many).
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray  # noqa: TC002  # as with everything here: it is run as it is

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "functions"), str(ROOT / "layers" / "nightshift")]

from warmup.outlooks.ahead import PERIODS, Ahead, look_ahead  # noqa: E402  # after the path
from warmup.outlooks.averages import Average, days_within  # noqa: E402
from warmup.outlooks.confidence import confidence  # noqa: E402
from warmup.outlooks.direction import direction  # noqa: E402
from warmup.outlooks.horizons import HORIZONS  # noqa: E402
from warmup.series import Series  # noqa: E402
from warmup.steps import Step, following  # noqa: E402

ORIGINS = 3
_FIRST_DAY = date(1990, 1, 7)


@dataclass(frozen=True)
class Outcome:
    """An outlook and what came of it."""

    group: str
    origin: int
    days: int
    average: Average
    actual: float
    confidence: float
    near: bool
    direction: str
    chance_of_rise: float
    before: float


def outcomes(path: Path, groups: Iterable[str], *, every: int = 1) -> Iterator[Outcome]:
    """Make outlooks of every so many series of some groups, and compare them with what was hidden."""
    csv.field_size_limit(sys.maxsize)
    wanted = set(groups)
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["group"] in wanted]
    for row in rows[::every]:
        values = np.array(f"{row['train']} {row['test']}".split(), dtype=float)
        step = Step(row["group"].rpartition("_")[2])
        for origin in range(ORIGINS):
            end = len(values) - PERIODS[step] * (origin + 1)
            if end >= 2 * step.season_length:
                yield from _compared(row["group"], origin, values[:end], values[end : end + PERIODS[step]], step)


def _compared(
    group: str, origin: int, past: NDArray[np.float64], hidden: NDArray[np.float64], step: Step
) -> Iterator[Outcome]:
    series = Series(following(_FIRST_DAY, step, len(past)), past, step, len(past), {})
    ahead = look_ahead(series)
    for days in HORIZONS:
        average = ahead.average(ahead.start, days)
        assert average is not None
        actual = _actual(ahead, hidden, days)
        highest = float(past.max())
        where = direction(series, average)
        yield Outcome(
            group=group,
            origin=origin,
            days=days,
            average=average,
            actual=actual,
            confidence=confidence(average, highest),
            near=abs(actual - average.middle) <= max(0.1 * average.middle, 0.01 * highest),
            direction=where.name,
            chance_of_rise=where.chance_of_rise,
            before=where.before,
        )


def _actual(ahead: Ahead, hidden: NDArray[np.float64], days: int) -> float:
    within = days_within(ahead.dates, ahead.step, ahead.start, days)
    return float(within @ hidden / days)


def table(said: list[tuple[float, float]], edges: Iterable[float]) -> Iterator[tuple[float, float, int]]:
    """Give, for each range of chances, their mean, how often they came true, and how many there are."""
    for low, high in pairwise(edges):
        inside = [pair for pair in said if low <= pair[0] < high]
        if inside:
            yield fmean(chance for chance, _ in inside), fmean(true for _, true in inside), len(inside)


def _print(title: str, said: list[tuple[float, float]]) -> None:
    if not said:
        return
    cells = [f"{chance:.2f} -> {true:.2f} ({count})" for chance, true, count in table(said, _EDGES)]
    mean, true = fmean(chance for chance, _ in said), fmean(true for _, true in said)
    print(f"{title:34} all {mean:.2f} -> {true:.2f} ({len(said)}) | {' | '.join(cells)}")


_EDGES = (0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.01)


def _report(found: list[Outcome], group: str) -> None:
    for days in HORIZONS:
        these = [each for each in found if each.days == days]
        _print(f"{group}, {days} days, confidence", [(each.confidence, float(each.near)) for each in these])
    month = [each for each in found if each.days == HORIZONS[-1]]
    risen = [(each.chance_of_rise, _compare(each.actual, each.before)) for each in month]
    _print(f"{group}, chance of a rise", risen)
    for name, true in (("rising", 1.0), ("falling", 0.0)):
        said = [_compare(each.actual, each.before) for each in month if each.direction == name]
        right = fmean(1 - abs(one - true) for one in said) if said else float("nan")
        print(f"{group}, {name}: {len(said)} of {len(month)}, {right:.0%} of them right")
    _print(f"{group}, chance to lead", list(_leads(month)))


def _leads(month: list[Outcome]) -> Iterator[tuple[float, float]]:
    """Let each series be compared with the next of its group, forecast at the same place."""
    key: Callable[[Outcome], tuple[str, int]] = lambda each: (each.group, each.origin)  # noqa: E731
    for _, members in groupby(sorted(month, key=key), key=key):
        for one, other in pairwise(members):
            chance = one.average.chance_above(other.average)
            true = _compare(one.actual, other.actual)
            yield (chance, true) if chance >= 0.5 else (1 - chance, 1 - true)


def _compare(one: float, other: float) -> float:
    return 0.5 if one == other else float(one > other)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("series", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--groups", default="gt_daily,gt_weekly,gt_monthly")
    given = parser.parse_args()
    groups = given.groups.split(",")
    found = list(outcomes(given.series, groups, every=given.every))
    for group in groups:
        _report([each for each in found if each.group == group], group)
    _report(found, "all")


if __name__ == "__main__":
    main()
