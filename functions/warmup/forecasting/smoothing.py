"""A grid of exponential smoothings, run through a series side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmup.forecasting.result import Floats

_SIMPLE = [(level, 0.0, 0.0) for level in (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 0.98)]
_DAMPED = [(level, trend, damping) for level in (0.1, 0.2, 0.4, 0.6, 0.9) for trend in (0.05, 0.2) for damping in (0.85, 0.95)]
# Smoothing of the level, of the trend, and damping of the trend (Gardner and McKenzie 1985); one row for each.
LEVEL, TREND, DAMPING = np.array(_SIMPLE + _DAMPED).T


@dataclass(frozen=True)
class States:
    """Level and trend of each smoothing (columns) after each point of the series (rows)."""

    levels: Floats
    trends: Floats

    def ahead(self, step: int) -> Floats:
        """Return what each smoothing expected at each point for so many steps later."""
        return self.levels + self.trends * damped_steps(step)


def damped_steps(step: int) -> Floats:
    """Return by how many undamped steps each smoothing's trend has moved after so many steps."""
    return DAMPING * (1 - DAMPING**step) / (1 - DAMPING)


def smooth(values: Floats) -> States:
    """Return the states of all smoothings of the grid, in one pass over the series."""
    levels, trends = np.empty((2, len(values), len(LEVEL)))
    level, trend = np.full(len(LEVEL), np.median(values[:6])), np.zeros(len(LEVEL))
    for point, value in enumerate(values):
        expected = level + DAMPING * trend
        error = value - expected
        level = levels[point] = expected + LEVEL * error
        trend = trends[point] = DAMPING * trend + LEVEL * TREND * error
    return States(levels, trends)
