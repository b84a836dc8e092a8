"""The outlook of the next days: their average, the periods that make it up, and how sure it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from warmup.figures import rounded
from warmup.outlooks.ahead import Ahead
from warmup.outlooks.averages import Average, days_within
from warmup.outlooks.confidence import confidence

# In days, as readers think of them, whatever the step of the series.
HORIZONS = (14, 30)


def horizon(ahead: Ahead, days: int, average: Average, highest: float) -> dict[str, Any]:
    """Describe the average of the next `days` and the periods at their start, middle, end and peak.

    Each period counts by its days within; where all lie within one period (14 days of a monthly series), that period
    stands for them: the nearest step.
    """
    within = days_within(ahead.dates, ahead.step, ahead.start, days)
    last = int(np.flatnonzero(within)[-1])
    places = {
        "start": 0,
        "middle": int(np.searchsorted(np.cumsum(within), days / 2)),
        "end": last,
        "peak": int(np.argmax(ahead.forecast.mean[: last + 1])),
    }
    lower95, lower80, middle, upper80, upper95 = (rounded(line) for line in average.lines)
    return {
        "from": ahead.start.isoformat(),
        "to": (ahead.start + timedelta(days=days - 1)).isoformat(),
        "basis": "days within each step" if last else "nearest step",
        "average": middle,
        "lower80": lower80,
        "upper80": upper80,
        "lower95": lower95,
        "upper95": upper95,
        "keyPoints": {name: ahead.point(place) for name, place in places.items()},
        "confidence": confidence(average, highest),
    }
