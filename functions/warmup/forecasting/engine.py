"""The way from a series to its forecast: season out, smoothing, season back in, bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from warmup.forecasting.arrays import Floats
from warmup.forecasting.bands import quantiles
from warmup.forecasting.habits import Habits, habits_of
from warmup.forecasting.history import History, read_history, read_horizon, read_season_length
from warmup.forecasting.outlook import Outlook, look_ahead
from warmup.forecasting.result import Forecast, forecast_of
from warmup.forecasting.seasonality import Season, find_season
from warmup.forecasting.smoothing import smooth
from warmup.forecasting.views import View, shares_of, views_of

# Part of every cache key: raised whenever a forecast changes.
ENGINE_VERSION = "4"


def forecast(values: Sequence[float] | Floats, horizon: int, season_length: int) -> Forecast:
    """Forecast a series at regular steps, oldest value first.

    Args:
        values: at least two finite numbers; where none is negative, the forecast is not either.
        horizon: how many steps ahead.
        season_length: how many steps make a season (7 for days, 52 for weeks, 12 for months), or 1 for none.

    Raises:
        CannotForecast: the input is wrong; the message says how.
    """
    horizon, season_length = read_horizon(horizon), read_season_length(season_length)
    history = read_history(values, season_length)
    views = views_of(history)
    seasons = [find_season(view.values, season_length) for view in views]
    outlooks = _outlooks(views, seasons, horizon, habits_of(season_length))
    shares = shares_of(views, [outlook.error for outlook in outlooks])
    lines = [quantiles(view, outlook) for view, outlook in zip(views, outlooks, strict=True)]
    strength = float(shares @ [season.strength for season in seasons])
    model = _in_words(views, shares, season_length if strength >= Season.PLAIN else 1)
    return forecast_of(_mixed(history, shares, lines), seasonal=strength >= Season.PLAIN, model=model)


def _outlooks(views: list[View], seasons: list[Season], horizon: int, habits: Habits) -> list[Outlook]:
    """Look ahead in each view; the smoothings of all views run in one pass, where the time goes."""
    past = np.arange(len(views[0].values))
    levels = [view.values - season.at(past) for view, season in zip(views, seasons, strict=True)]
    states = smooth(np.stack(levels, axis=1))
    return [
        look_ahead(view, level, states.of(number), season, horizon, habits)
        for number, (view, level, season) in enumerate(zip(views, levels, seasons, strict=True))
    ]


def _mixed(history: History, shares: Floats, lines: list[Floats]) -> Floats:
    """Average each quantile over the views, in the unit of the series, and in order."""
    mixed: Floats = sum((share * quantile for share, quantile in zip(shares, lines, strict=True)), np.zeros(1))
    if history.never_negative:
        mixed = np.maximum(mixed, 0.0)
    # Rounding may have turned two equal quantiles round.
    return history.unscaled(np.maximum.accumulate(mixed, axis=0))


def _in_words(views: list[View], shares: Floats, season_length: int) -> str:
    logs = sum(share for view, share in zip(views, shares, strict=True) if view.logs)
    season = f"a season of {season_length} steps" if season_length > 1 else "no season"
    return f"combined exponential smoothing with {season}, {round(100 * logs)} % in logarithms"
