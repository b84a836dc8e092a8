"""What a forecast says: a middle, bands around it, and the questions a reader may ask of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from warmup.forecasting.arrays import Floats

# Four of five values of a normal distribution lie within a range of so many standard deviations.
WIDTH80 = 2 * 1.2816
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Forecast:
    """The next values of a series, one for each step, all in the unit of the series.

    Attributes:
        mean: the most plausible values; of a skewed future rather its median.
        lower80, upper80: four of five outcomes lie between them.
        lower95, upper95: nineteen of twenty outcomes lie between them.
        sigma: the standard deviation of the error to expect at each step, read from the 80 % band.
        seasonal: whether a season repeats in it.
        model: what was done, in words for a person.
    """

    mean: Floats
    lower80: Floats
    upper80: Floats
    lower95: Floats
    upper95: Floats
    sigma: Floats
    seasonal: bool
    model: str

    def chance_above(self, other: Forecast) -> Floats:
        """Return the probability, at each step, that this series lies above another one.

        Both errors are taken as normal and as independent of each other. Where both are certain and equal it is a half.
        """
        # No forecast is more certain than its rounding: two that are equal but for it must not be told apart.
        rounding = ROUNDING * (np.abs(self.mean) + np.abs(other.mean))
        spread = np.hypot(self.sigma, other.sigma) + rounding
        gap = self.mean - other.mean
        score = np.divide(gap, spread, out=np.zeros_like(gap), where=spread > 0)
        return np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in score])


def forecast_of(quantiles: Floats, *, seasonal: bool, model: str) -> Forecast:
    """Return the forecast with these quantiles: lower 95 %, lower 80 %, middle, upper 80 %, upper 95 %, rising."""
    lower95, lower80, mean, upper80, upper95 = quantiles
    # Divided before they are subtracted: the difference of two large numbers may be none.
    sigma = upper80 / WIDTH80 - lower80 / WIDTH80
    return Forecast(mean, lower80, upper80, lower95, upper95, sigma, seasonal, model)
