"""How wrong the forecast may be: from the errors that the same forecast would have made before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from warmup.forecasting.arrays import Floats, Whole

if TYPE_CHECKING:
    from warmup.forecasting.outlook import Outlook
    from warmup.forecasting.views import View

# Errors of the development series have the tails of Student's t with 3 degrees of freedom; its mean absolute value is
# 1.1027. From the lower end of the 95 % band to its upper end.
QUANTILES = np.array([-3.1824, -1.6377, 0.0, 1.6377, 3.1824]) / 1.1027
# Few errors say little about their size.
FEW = 4.0


def error_scale(errors: list[float], judged: tuple[int, ...], steps: Whole, count: int) -> Floats:
    """Return the mean absolute error to expect at each step, from that of past forecasts for some of the steps.

    It never shrinks with the steps. Beyond what the past could judge it grows with the square root of time, until the
    horizon is as long as the past.
    """
    known = np.interp(steps, judged, np.maximum.accumulate(errors))
    beyond = np.sqrt(np.maximum(np.minimum(steps, count) / judged[-1], 1.0))
    scale: Floats = known * beyond * (1 + FEW / count)
    return scale


def quantiles(view: View, outlook: Outlook) -> Floats:
    """Return lower 95 %, lower 80 %, middle, upper 80 % and upper 95 % (rows) at each step, in the history's values."""
    return view.back(outlook.middle + QUANTILES[:, None] * outlook.scale)
