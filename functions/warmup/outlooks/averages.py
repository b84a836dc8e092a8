"""What a forecast says of the average over some days: from bands of single periods to the chances of their mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from warmup.forecasting import Forecast
from warmup.steps import Step, following

Floats = NDArray[np.float64]

# Errors of one forecast go together, as its level or its season is wrong as a whole: measured on search interest,
# periods within 30 days share about half of their variance (docs/adr/0122).
_COMMON = 0.5
# How wide the averages of real series turned out, against what their periods' bands make of them (docs/adr/0123).
_MEASURED_WIDTH = {Step.DAILY: 1.1, Step.WEEKLY: 0.8, Step.MONTHLY: 1.0}
# Where the five lines of a band lie in Student's t distribution with 3 degrees of freedom, the shape of real errors:
# most are small, a few are large.
_SCORES = np.array([-3.1824, -1.6377, 0.0, 1.6377, 3.1824])
_FAR = 40.0


def _chance(score: float) -> float:
    """Return the probability that such an error stays below `score` (the closed form for 3 degrees of freedom)."""
    part = score / math.sqrt(3)
    return 0.5 + (part / (1 + part * part) + math.atan(part)) / math.pi


_GRID = np.linspace(-_FAR, _FAR, 4001)
_EQUALLY_LIKELY = np.interp((np.arange(200) + 0.5) / 200, [_chance(float(score)) for score in _GRID], _GRID)


def days_within(dates: Sequence[date], step: Step, start: date, days: int) -> Floats:
    """Return how many of the `days` from `start` on fall into each of the periods dated `dates`."""
    begins = np.array([day.toordinal() for day in dates])
    ends = np.append(begins[1:], following(dates[-1], step, 1)[0].toordinal())
    first = start.toordinal()
    overlap = np.minimum(ends, first + days) - np.maximum(begins, first)
    days_of_each: Floats = np.maximum(overlap, 0).astype(np.float64)
    return days_of_each


def past_average(dates: Sequence[date], values: Floats, step: Step, start: date, days: int) -> float | None:
    """Average the values of the `days` from `start` on, each period by its days; None where some are not known."""
    within = days_within(dates, step, start, days)
    return float(within @ values / days) if within.sum() == days else None


@dataclass(frozen=True)
class Average:
    """An average to come: five values that it stays below with the chances 2.5, 10, 50, 90 and 97.5 %.

    Between the five, and beyond them, chances go by a t distribution that is stretched to fit: one line may be further
    from the middle than the other.
    """

    lines: Floats

    @property
    def values(self) -> Floats:
        """The five values, and two so far out that nothing is expected beyond them."""
        # A hair apart where lines fall together (a constant, or a band that ends at 0).
        apart = self.lines + 1e-9 * max(1, self.middle) * np.arange(-2, 3)
        return _with_ends(np.maximum.accumulate(apart))

    @property
    def middle(self) -> float:
        """The value that it exceeds as likely as not."""
        return float(self.lines[2])

    def chance_below(self, value: float) -> float:
        """Return the probability that the average turns out below `value`."""
        return _chance(float(np.interp(value, self.values, _with_ends(_SCORES))))

    def chance_within(self, tolerance: float) -> float:
        """Return the probability that the average misses its middle by at most `tolerance`."""
        # A hair more, so that a forecast without any doubt keeps within a tolerance of nothing.
        reach = tolerance + 1e-6 * max(1, self.middle)
        return self.chance_below(self.middle + reach) - self.chance_below(self.middle - reach)

    def chance_above(self, other: Average) -> float:
        """Return the probability that this average exceeds the other, their errors taken as independent."""
        ours, theirs = (np.interp(_EQUALLY_LIKELY, _with_ends(_SCORES), each.values) for each in (self, other))
        gaps = ours[:, None] - theirs
        # What lies closer than any rounding is as good as equal.
        near = 1e-6 * max(1, self.middle, other.middle)
        return float(np.mean(np.where(np.abs(gaps) <= near, 0.5, gaps > 0)))


def average_ahead(forecast: Forecast, weights: Floats, step: Step) -> Average:
    """Return the average of a forecast's periods by their weights (days within).

    Half of the variance of each period's error is common to all, half is its own: the width of the average lies
    between that of fully dependent errors (the mean of the widths) and of independent ones (which shrinks with their
    number). Each of the four lines is combined by itself, and set to the width that was measured.
    """
    shares = weights / weights.sum()
    middle = float(shares @ forecast.mean)
    sides = (forecast.lower95, forecast.lower80, forecast.mean, forecast.upper80, forecast.upper95)
    widths = [_MEASURED_WIDTH[step] * _combined(shares * (side - forecast.mean)) for side in sides]
    return Average(np.array([max(middle + width, 0.0) for width in widths]))


def _combined(parts: Floats) -> float:
    total = float(parts.sum())
    return float(np.copysign(np.sqrt(_COMMON * total**2 + (1 - _COMMON) * float(parts @ parts)), total))


def _with_ends(line: Floats) -> Floats:
    """Go on straight ahead at both ends, as far as any chance reaches."""
    beyond = (_FAR - _SCORES[-1]) / (_SCORES[-1] - _SCORES[-2])
    first, last = line[0] - beyond * (line[1] - line[0]), line[-1] + beyond * (line[-1] - line[-2])
    return np.concatenate(([first], line, [last]))
