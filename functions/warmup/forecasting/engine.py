"""The way from a series to its forecast: season out, smoothing, season back in, bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from warmup.forecasting.bands import error_scale
from warmup.forecasting.combination import origins_from, smoothing_weights, steps_to_judge
from warmup.forecasting.history import CannotForecast, History, read_history
from warmup.forecasting.result import Floats, Forecast
from warmup.forecasting.seasonality import seasonal_indices
from warmup.forecasting.smoothing import damped_steps, smooth

# Part of every cache key: raised whenever a forecast changes.
ENGINE_VERSION = "1"

Z80, Z95 = 1.2816, 1.96


def forecast(values: Sequence[float] | NDArray[np.float64], horizon: int, season_length: int) -> Forecast:
    """Forecast a series at regular steps, oldest value first.

    Args:
        values: at least two finite numbers; where none is negative, neither is the forecast.
        horizon: how many steps ahead.
        season_length: how many steps make a season (7 for days, 52 for weeks, 12 for months), or 1 for none.

    Raises:
        CannotForecast: the input is wrong; the message says how.
    """
    history = read_history(values, horizon, season_length)
    return _forecast(history, int(horizon), int(season_length))


def _forecast(history: History, horizon: int, season_length: int) -> Forecast:
    logs = history.never_negative and bool((history.values > 0).all())
    series = np.log(history.values) if logs else history.values
    count = len(series)
    indices = seasonal_indices(series, season_length)
    level = series - indices[np.arange(count) % season_length]
    states = smooth(level)
    steps = steps_to_judge(horizon, count)
    weights = smoothing_weights(level, states, steps, origins_from(count, season_length))
    middle = np.array([(states.levels[-1] + states.trends[-1] * damped_steps(k)) @ weights for k in range(1, horizon + 1)])
    middle = middle + indices[np.arange(count, count + horizon) % season_length]
    sigma = error_scale(level, states, weights, steps, horizon)
    lines = [middle + z * sigma for z in (0.0, -Z80, Z80, -Z95, Z95)]
    return _result(history, [np.exp(np.clip(line, -600, 600)) if logs else line for line in lines], bool(indices.any()))


def _result(history: History, lines: list[Floats], seasonal: bool) -> Forecast:  # noqa: FBT001
    if history.never_negative:
        lines = [np.maximum(line, 0) for line in lines]
    mean, lower80, upper80, lower95, upper95 = (history.unscaled(line) for line in lines)
    return Forecast(mean, lower80, upper80, lower95, upper95, (upper80 - lower80) / (2 * Z80), seasonal, "smoothing")
