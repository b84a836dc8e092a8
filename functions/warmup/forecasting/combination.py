"""Weighs the smoothings by how well each would have foretold the series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmup.forecasting.arrays import Floats, information_weights
from warmup.forecasting.smoothing import States, damped_steps

# Information weights fall with half the number of points; a fifth of it, as errors several steps ahead overlap.
SHARPNESS = 0.1
# Keeps the logarithm of no error at all finite; the values themselves are about 1.
TINY = 1e-9


@dataclass(frozen=True)
class Combination:
    """How much each smoothing counts (columns) at each of some steps ahead (rows).

    Attributes:
        steps: the steps that the series' own past could judge, rising, the first is 1.
        weights: each row sums up to 1; steps between take a bit of both rows, later ones the last.
    """

    steps: tuple[int, ...]
    weights: Floats

    def ahead(self, states: States, horizon: int) -> Floats:
        """Return the combined forecast from the last point, for each step to the horizon."""
        steps = np.arange(1, horizon + 1)
        nearness = np.array([np.interp(steps, self.steps, row) for row in np.eye(len(self.steps))])
        weights = nearness.T @ self.weights
        forecasts = states.levels[-1] + states.trends[-1] * damped_steps(steps[:, None])
        combined: Floats = (weights * forecasts).sum(axis=1)
        return combined

    def past_errors(self, level: Floats, states: States, first: int) -> list[float]:
        """Return the mean absolute errors of the combined forecast at each of the steps, from the point `first` on."""
        return [
            float(np.abs(level[first + step :] - (states.ahead(step) @ weights)[first:-step]).mean())
            for step, weights in zip(self.steps, self.weights, strict=True)
        ]


def combine(level: Floats, states: States, horizon: int, first: int, by_step: float) -> Combination:
    """Weigh the smoothings by their mean absolute errors, from the point `first` on (Kolassa 2011)."""
    steps = _steps(min(horizon, max(1, len(level) // 3)))
    errors = [np.abs(level[first + step :, None] - states.ahead(step)[first:-step]).mean(axis=0) for step in steps]
    scores = np.log(np.array(errors) + TINY)
    scores = by_step * scores + (1 - by_step) * scores.mean(axis=0)
    return Combination(steps, information_weights(scores, SHARPNESS * len(level)))


def _steps(last: int) -> tuple[int, ...]:
    return tuple(sorted({1, max(1, last // 4), max(1, last // 2), last}))
