"""The two ways to look at a series: as it is, and as logarithms, where seasons and errors grow with the level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmup.forecasting.result import Floats
from warmup.forecasting.history import History

SHARPNESS = 0.3
LOG_SHARE = 0.98


@dataclass(frozen=True)
class View:
    values: Floats
    stretch: float
    logs: bool

    def back(self, values: Floats) -> Floats:
        return np.exp(np.clip(values, -600, 600)) if self.logs else values


def views_of(history: History) -> list[View]:
    plain = View(history.values, 0.0, False)
    positive = history.values[history.values > 0]
    if not history.never_negative or len(positive) < LOG_SHARE * len(history.values):
        return [plain]
    logs = np.log(np.maximum(history.values, positive.min() / 2))
    return [View(logs, float(logs.mean()), True), plain]


def likelihood_weights(scores: Floats, count: int) -> Floats:
    w = np.exp(-SHARPNESS * count * (scores - scores.min()))
    return w / w.sum()
