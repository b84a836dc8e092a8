"""A grid of exponential smoothings, run through one or several series side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmup.forecasting.arrays import Floats, Whole

_SIMPLE = [(level, 0.0, 0.0) for level in (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 0.98)]
_DAMPED = [
    (level, trend, damping) for level in (0.1, 0.2, 0.4, 0.6, 0.9) for trend in (0.05, 0.2) for damping in (0.85, 0.95)
]
# Smoothing of the level, of the trend, and damping of the trend (Gardner and McKenzie 1985), one column for each.
LEVEL, TREND, DAMPING = np.array(_SIMPLE + _DAMPED).T
# Errors beyond so many deviations count as if they were no larger, so that a spike does not carry the level away
# (Gelper, Fried and Croux 2010, who take 2).
LARGEST_ERROR = 2.5
# How fast that deviation follows the errors: a change that lasts is believed after some five to ten steps.
DEVIATION = 0.2


@dataclass(frozen=True)
class States:
    """Level and trend of each smoothing (last axis) after each point (first axis) of each series (middle axis)."""

    levels: Floats
    trends: Floats

    def of(self, series: int) -> States:
        """Return the states of one of the series."""
        return States(self.levels[:, series], self.trends[:, series])

    def ahead(self, step: int) -> Floats:
        """Return what each smoothing expected at each point for so many steps later."""
        return self.levels + self.trends * damped_steps(step)


def damped_steps(steps: Whole | int) -> Floats:
    """Return by how many undamped steps each smoothing's trend has moved after so many steps."""
    moved: Floats = DAMPING * (1 - DAMPING**steps) / (1 - DAMPING)
    return moved


def smooth(series: Floats) -> States:
    """Return the states of all smoothings after each point.

    Args:
        series: a row for each point in time, a column for each series.
    """
    shape = (*series.shape, len(LEVEL))
    levels, trends = np.empty(shape), np.empty(shape)
    level = np.repeat(np.median(series[:6], axis=0)[:, None], len(LEVEL), axis=1)
    trend = np.zeros_like(level)
    # A deviation of normal errors is 1.25 mean absolute errors, and about as many mean absolute differences. A series
    # that stood still for long must be able to move again: the bound never falls below half of what it starts with.
    least = 0.6 * LARGEST_ERROR * np.abs(np.diff(series, axis=0)).mean(axis=0)[:, None]
    bound = np.zeros_like(level) + 2 * least
    # Worked out before the loop: every operation in it is done for each point of the series.
    growth, follow = LEVEL * TREND, 1.25 * LARGEST_ERROR * DEVIATION
    for point, value in enumerate(series[:, :, None]):
        trend = DAMPING * trend
        level = level + trend
        error = np.minimum(np.maximum(value - level, -bound), bound)
        bound = np.maximum((1 - DEVIATION) * bound + follow * np.abs(error), least)
        level = levels[point] = level + LEVEL * error
        trend = trends[point] = trend + growth * error
    return States(levels, trends)
