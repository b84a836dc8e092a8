"""What one view of a series says about the next steps: a middle, and how far off it may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmup.forecasting.arrays import Floats
from warmup.forecasting.bands import error_scale
from warmup.forecasting.combination import combine
from warmup.forecasting.habits import Habits
from warmup.forecasting.seasonality import Season
from warmup.forecasting.smoothing import States

# The smoothings are judged after a start of half a season, or of so many points, but on two thirds of the series.
START = 5


@dataclass(frozen=True)
class Outlook:
    """The next steps in one view.

    Attributes:
        middle: the most plausible value at each step.
        scale: the mean absolute error to expect at each step.
        error: the mean absolute error that one step ahead has had in the past.
    """

    middle: Floats
    scale: Floats
    error: float


def look_ahead(level: Floats, states: States, season: Season, horizon: int, habits: Habits) -> Outlook:
    """Forecast the series whose level without its season, and whose smoothings, are given."""
    count = len(level)
    first = min(max(START, len(season.indices) // 2), count // 3)
    combination = combine(level, states, horizon, first, habits.by_step)
    steps = np.arange(1, horizon + 1)
    # The line goes on for half the span that it was seen for.
    middle = combination.ahead(states, horizon) + habits.drift * _slope(level) * np.minimum(steps, count / 2)
    middle += np.minimum(habits.return_rate * steps, habits.return_limit) * (level.mean() - middle)
    errors = combination.past_errors(level, states, first)
    scale = error_scale(errors, combination.steps, steps, count) * season.stretch * habits.surprise
    return Outlook(middle + season.at(count + steps - 1), scale, errors[0])


def _slope(level: Floats) -> float:
    """Return the slope of the straight line through the points (least squares)."""
    time = np.arange(len(level)) - (len(level) - 1) / 2
    return float((time @ level) / (time @ time))
