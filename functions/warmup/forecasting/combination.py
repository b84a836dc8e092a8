"""Weighs the smoothings by how well each would have foretold the series."""

from __future__ import annotations

import numpy as np

from warmup.forecasting.result import Floats
from warmup.forecasting.smoothing import LEVEL, States

# Weights fall with this power of a smoothing's mean error, as information weights do with the number of points.
SHARPNESS = 40


def origins_from(count: int, season_length: int) -> int:
    """Return the first point whose forecasts are judged: the smoothings need a start."""
    return min(max(5, season_length // 2), count // 3)


def steps_to_judge(horizon: int, count: int) -> list[int]:
    """Return some steps ahead, from the first to the last that the series can judge."""
    last = min(horizon, max(1, count // 3))
    return sorted({1, max(1, last // 4), max(1, last // 2), last})


def smoothing_weights(values: Floats, states: States, steps: list[int], first: int) -> Floats:
    """Return the weight of each smoothing, by its mean absolute errors at several steps ahead."""
    score = np.zeros(len(LEVEL))
    for step in steps:
        errors = np.abs(values[first + step :, None] - states.ahead(step)[first:-step])
        score += np.log(errors.mean(axis=0) + 1e-9) / len(steps)
    weights = np.exp(-SHARPNESS * (score - score.min()))
    return weights / weights.sum()
