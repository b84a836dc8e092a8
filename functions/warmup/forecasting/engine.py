"""The way from a series to its forecast: season out, smoothing, season back in, bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from warmup.forecasting.bands import error_scales
from warmup.forecasting.combination import combine
from warmup.forecasting.habits import Habits, habits_of
from warmup.forecasting.history import History, read_history
from warmup.forecasting.result import Floats, Forecast
from warmup.forecasting.seasonality import seasonal_indices
from warmup.forecasting.smoothing import States, smooth
from warmup.forecasting.views import View, likelihood_weights, views_of

# Part of every cache key: raised whenever a forecast changes.
ENGINE_VERSION = "2"

Z80, Z95 = 1.2816, 1.96


def forecast(values: Sequence[float] | NDArray[np.float64], horizon: int, season_length: int) -> Forecast:
    history = read_history(values, horizon, season_length)
    with np.errstate(all="ignore"):
        return _forecast(history, int(horizon), int(season_length))


def _forecast(history: History, horizon: int, season_length: int) -> Forecast:
    habits = habits_of(season_length)
    views = views_of(history)
    count = len(history.values)
    indices = [seasonal_indices(view.values, season_length) for view in views]
    past = np.arange(count) % season_length
    future = np.arange(count, count + horizon) % season_length
    levels = [view.values - index[past] for view, index in zip(views, indices, strict=True)]
    states = smooth(np.array(levels).T)
    first = min(max(5, season_length // 2), count // 3)
    outs, likes = [], []
    for number, view in enumerate(views):
        level, state, season = levels[number], states.of(number), indices[number]
        combination = combine(level, state, horizon, first, habits.by_step)
        middle = combination.ahead(state, horizon)
        k = np.arange(1, horizon + 1)
        x = np.arange(count) - (count - 1) / 2
        slope = (x @ level) / (x @ x)
        middle = middle + habits.drift * slope * np.minimum(k, count / 2)
        middle = middle + np.minimum(habits.return_rate * k, habits.return_limit) * (level.mean() - middle)
        middle = middle + season[future]
        errors = combination.past_errors(level, state, first)
        sigma = error_scales(errors, combination.steps, horizon)
        outs.append([view.back(middle + z * sigma) for z in (0, -Z80, Z80, -Z95, Z95)])
        likes.append(np.log(np.abs(errors[0]).mean() + 1e-9) + view.stretch)
    w = likelihood_weights(np.array(likes), count)
    lines = np.tensordot(w, np.array(outs), axes=1)
    if history.never_negative:
        lines = np.maximum(lines, 0)
    mean, lower80, upper80, lower95, upper95 = (history.unscaled(line) for line in lines)
    return Forecast(mean, lower80, upper80, lower95, upper95, (upper80 - lower80) / (2 * Z80), any(i.any() for i in indices), "smoothing")
