"""How wrong the forecast may be: from the errors that the same forecast would have made before."""

from __future__ import annotations

import numpy as np

from warmup.forecasting.result import Floats
from warmup.forecasting.smoothing import States

# The past errors are those of a model that has seen its future; the ones to come are larger.
OPTIMISM = 1.25


def error_scale(values: Floats, states: States, weights: Floats, steps: list[int], horizon: int) -> Floats:
    """Return the standard deviation of the error to expect at each step, from past origins and never shrinking."""
    scales = [_rms(values[step:] - (states.ahead(step) @ weights)[:-step]) for step in steps]
    scales = list(np.maximum.accumulate(scales))
    ahead = np.arange(1, horizon + 1)
    known = np.interp(ahead, steps, scales)
    return OPTIMISM * known * np.sqrt(np.maximum(ahead / steps[-1], 1))


def _rms(errors: Floats) -> float:
    return float(np.sqrt(np.mean(errors**2)))
