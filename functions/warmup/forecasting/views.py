"""Two ways to look at a series: as it is, and as logarithms, where what grows with the level becomes steady."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmup.forecasting.arrays import Floats, information_weights
from warmup.forecasting.history import History

# Information weights fall with the number of points; less than that, as both views may be wrong.
SHARPNESS = 0.3
# Logarithms need positive values. A rare zero is taken as half the least value above it.
POSITIVE = 0.98
# Fewer points cannot tell growth by a factor from growth by an amount, and the former goes astray faster.
LOGS_FROM = 12
# Far beyond what a series can become, but exp() of it is still a number.
LARGEST_LOG = 700.0
TINY = 1e-9


@dataclass(frozen=True)
class View:
    """A series as it is smoothed.

    Attributes:
        values: the points in this view.
        logs: whether they are logarithms.
    """

    values: Floats
    logs: bool

    def back(self, values: Floats) -> Floats:
        """Return values of this view as values of the history."""
        return np.exp(np.minimum(values, LARGEST_LOG)) if self.logs else values

    def likelihood(self, error: float) -> float:
        """Return how likely the history is per point, by the mean absolute error of one step in this view.

        The errors are taken as Laplace's. A logarithm stretches its value by 1/value, which the likelihood makes good
        (Box and Cox 1964), so that views can be compared.
        """
        return -float(np.log(error + TINY)) - (float(self.values.mean()) if self.logs else 0.0)


def views_of(history: History) -> list[View]:
    """Return the views that fit the history."""
    plain = View(history.values, logs=False)
    positive = history.values[history.values > 0]
    if len(positive) < max(LOGS_FROM, POSITIVE * len(history.values)) or not history.never_negative:
        return [plain]
    return [View(np.log(np.maximum(history.values, positive.min() / 2)), logs=True), plain]


def shares_of(views: list[View], errors: list[float]) -> Floats:
    """Return how much each view counts, by how likely it makes the history."""
    likelihoods = np.array([view.likelihood(error) for view, error in zip(views, errors, strict=True)])
    return information_weights(-likelihoods, SHARPNESS * len(views[0].values))
