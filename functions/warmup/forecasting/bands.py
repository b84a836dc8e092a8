"""How wrong the forecast may be: from the errors that the same forecast would have made before."""

from __future__ import annotations

import numpy as np

from warmup.forecasting.result import Floats

OPTIMISM = 1.25


def error_scales(errors: list[Floats], steps: tuple[int, ...], horizon: int) -> Floats:
    scales = np.maximum.accumulate([np.sqrt(np.mean(e**2)) for e in errors])
    ahead = np.arange(1, horizon + 1)
    return OPTIMISM * np.interp(ahead, steps, scales) * np.sqrt(np.maximum(ahead / steps[-1], 1))
