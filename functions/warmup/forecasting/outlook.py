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
from warmup.forecasting.views import View

# The smoothings are judged after a start of half a season, or of so many points, but on two thirds of the series.
START = 5
# A falling line leaves at least this share of the level.
LEAST_LEFT = 0.2
TINY = 1e-300


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


def look_ahead(view: View, level: Floats, states: States, season: Season, horizon: int, habits: Habits) -> Outlook:
    """Forecast a series as one view shows it, from its level (the values without their season) and its smoothings."""
    count = len(level)
    first = min(max(START, len(season.indices) // 2), count // 3)
    combination = combine(level, states, horizon, first, habits.by_step)
    steps = np.arange(1, horizon + 1)
    middle = combination.ahead(states, horizon)
    # The line goes on for half the span that it was seen for.
    middle += _drift(view, level, middle, habits.drift * np.minimum(steps, count / 2))
    middle += np.minimum(habits.return_rate * steps, habits.return_limit) * (level.mean() - middle)
    errors = combination.past_errors(level, states, first)
    scale = error_scale(errors, combination.steps, steps, count) * season.stretch * habits.surprise
    return Outlook(middle + season.at(count + steps - 1), scale, errors[0])


def _drift(view: View, level: Floats, middle: Floats, steps: Floats) -> Floats:
    """Return how far the straight line through the level goes in so many steps.

    Of logarithms it is growth by a factor, which outruns everything: there it goes no further than the straight line
    through the values themselves would.
    """
    line: Floats = _slope(level) * steps
    if not view.logs:
        return line
    share = _slope(np.exp(level)) * steps / np.maximum(view.back(middle), TINY)
    straight = np.log(np.maximum(1 + share, LEAST_LEFT))
    return np.where(np.abs(straight) < np.abs(line), straight, line)


def _slope(level: Floats) -> float:
    """Return the slope of the straight line through the points (least squares)."""
    time = np.arange(len(level)) - (len(level) - 1) / 2
    return float((time @ level) / (time @ time))
