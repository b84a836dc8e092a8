"""Reads the input of a forecast: refuses what cannot be forecast, and brings the rest to one size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from warmup.forecasting.arrays import Floats

# Two points are the least that tell how much a series moves at all.
LEAST_POINTS = 2
# What lies further back says nothing about the next weeks and costs time: 400 points are 8 years of weeks.
LONGEST_HISTORY = 400
# Seasons of more than a hundred steps get four of them, up to so many points; that many steps ahead nothing is known.
MOST_POINTS = MOST_STEPS = 2000


class CannotForecast(ValueError):
    """The input cannot be forecast; the message names what is wrong and what would be right."""


@dataclass(frozen=True)
class History:
    """The past of a series, scaled by a power of two so that its largest value lies between 0.5 and 1.

    Attributes:
        values: the latest points.
        exponent: `values * 2**exponent` are the points as given.
    """

    values: Floats
    exponent: int

    @property
    def never_negative(self) -> bool:
        """Whether values below 0 would be news; then no forecast goes there."""
        return bool(self.values.min() >= 0)

    def unscaled(self, values: Floats) -> Floats:
        """Return values in the unit of the series, as large as a float can be at most."""
        largest = np.finfo(np.float64).max
        with np.errstate(over="ignore", under="ignore"):
            return np.clip(np.ldexp(values, self.exponent), -largest, largest)


def read_history(values: Any, season_length: int) -> History:
    """Return the part of the past that a forecast looks at.

    Raises:
        CannotForecast: the values are no series of finite numbers, or too few.
    """
    points = _numbers(values)[-min(max(LONGEST_HISTORY, 4 * season_length), MOST_POINTS) :]
    exponent = int(np.frexp(np.abs(points).max())[1])
    return History(np.ldexp(points, -exponent), exponent)


def read_horizon(value: Any) -> int:
    """Return for how many steps a forecast is wanted, if that is possible."""
    horizon = _read_length("horizon", value)
    if horizon > MOST_STEPS:
        raise CannotForecast(f"horizon is {horizon}; at most {MOST_STEPS} steps can be forecast")
    return horizon


def read_season_length(value: Any) -> int:
    """Return how many steps make a season; a season of one step is none."""
    return _read_length("season_length", value)


def _read_length(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise CannotForecast(f"{name} is {value!r}; it must be a whole number of at least 1")
    return int(value)


def _numbers(values: Any) -> Floats:
    try:
        points = np.asarray(values)
        # Objects are asked for their float(); texts, dates and complex numbers are not numbers of a series.
        points = points.astype(np.float64, casting="unsafe" if points.dtype == object else "same_kind")
    except (TypeError, ValueError, OverflowError) as error:
        raise CannotForecast("values must be a sequence of numbers, each a value of the series") from error
    if points.ndim != 1:
        raise CannotForecast(f"values has {points.ndim} dimensions; it must have one, the time")
    if points.size < LEAST_POINTS:
        raise CannotForecast(f"values has {points.size} points; at least {LEAST_POINTS} are needed")
    if not np.isfinite(points).all():
        place = int(np.flatnonzero(~np.isfinite(points))[0])
        raise CannotForecast(f"values[{place}] is {points[place]}; every value must be a finite number, with no gaps")
    return points
