"""The arrays that the engine works with, and weights of evidence, which it needs in three places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int_]
Truths = NDArray[np.bool_]


def information_weights(scores: Floats, sharpness: float) -> Floats:
    """Return weights that sum up to 1 along the last axis; the lower the score, the higher the weight.

    With the logarithms of errors as scores and half the number of points as sharpness these are the weights of
    Akaike's criterion (Burnham and Anderson 2002; for exponential smoothing Kolassa 2011).
    """
    weights: Floats = np.exp(sharpness * (scores.min(axis=-1, keepdims=True) - scores))
    normalised: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return normalised
