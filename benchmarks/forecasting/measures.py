"""How good forecasts are, as the M4 competition measures it (Makridakis, Spiliotis and Assimakopoulos 2020)."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.forecasting.series import Floats, Forecaster, HeldOut, groups_of


@dataclass(frozen=True)
class Measure:
    """One forecast, or the mean of many: the errors of a forecast and of Naive2, how often bands held, and CPU time.

    `mase` and `naive_mase` are NaN for a past that never moves. `within80` and `within95` are NaN without bands.
    """

    smape: float
    naive_smape: float
    mase: float
    naive_mase: float
    within80: float
    within95: float
    cpu_ms: float


@dataclass(frozen=True)
class Summary:
    """A group's measures: means over its series, and the overall weighted average."""

    count: int
    mean: Measure
    cpu_ms_p95: float

    @property
    def owa(self) -> float:
        """The error relative to Naive2's: the mean of the ratios of both measures."""
        mean = self.mean
        return (mean.smape / mean.naive_smape + mean.mase / mean.naive_mase) / 2


def measure(forecaster: Forecaster, series: HeldOut) -> Measure:
    """Forecast one series. The forecaster returns a middle, and after it lower and upper 80 %, lower and upper 95 %."""
    horizon, actual = len(series.future), series.future
    start = time.process_time()
    middle, *bands = forecaster(series.past.copy(), horizon, series.season)
    cpu_ms = (time.process_time() - start) * 1000
    naive = naive2(series.past, horizon, series.measured_season)
    scale = _naive_error(series.past, series.measured_season)
    return Measure(
        _smape(actual, middle),
        _smape(actual, naive),
        float(np.abs(actual - middle).mean() / scale) if scale else math.nan,
        float(np.abs(actual - naive).mean() / scale) if scale else math.nan,
        _within(actual, bands[:2]),
        _within(actual, bands[2:]),
        cpu_ms,
    )


def summary(measures: Iterable[Measure]) -> Summary:
    """Return the means over some series."""
    table = np.array([list(vars(one).values()) for one in measures])
    means = [float(column[~np.isnan(column)].mean()) if not np.isnan(column).all() else math.nan for column in table.T]
    return Summary(len(table), Measure(*means), float(np.percentile(table[:, -1], 95)))


def summaries(forecaster: Forecaster, series: list[HeldOut]) -> dict[str, Summary]:
    """Measure a forecaster, group by group."""
    forecaster(series[0].past, 4, 1)  # What is loaded on first use is no series' CPU time.
    return {
        group: summary(measure(forecaster, one) for one in series if one.group == group) for group in groups_of(series)
    }


def naive2(past: Floats, horizon: int, season: int) -> Floats:
    """Return the last value, adjusted for the season where a test with 90 % confidence sees one."""
    indices = _seasonal_indices(past, season) if _is_seasonal(past, season) else np.ones(1)
    # Divided by hardly anything, the last value would be anything.
    if indices.min() <= 1e-3:
        indices = np.ones(1)
    count, length = len(past), len(indices)
    last = past[-1] / indices[(count - 1) % length]
    future: Floats = last * indices[np.arange(count, count + horizon) % length]
    return future


def _is_seasonal(past: Floats, season: int) -> bool:
    """Whether the autocorrelation one season apart is beyond chance, by Bartlett's formula."""
    if season == 1 or len(past) < 3 * season or not np.ptp(past):
        return False
    centred = past - past.mean()
    lags = [float(centred[lag:] @ centred[:-lag]) for lag in range(1, season + 1)]
    *before, at_season = np.array(lags) / (centred @ centred)
    limit = 1.645 * math.sqrt((1 + 2 * sum(value**2 for value in before)) / len(past))
    return bool(abs(at_season) > limit)


def _seasonal_indices(past: Floats, season: int) -> Floats:
    """Return classical multiplicative indices: the mean ratio of each phase to a centred moving average."""
    window = np.ones(season) if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5]
    trend = np.convolve(past, window / season, mode="valid")
    start = len(window) // 2
    phase = (np.arange(len(trend)) + start) % season
    fine = trend != 0
    ratio = past[start : start + len(trend)][fine] / trend[fine]
    sums, counts = np.bincount(phase[fine], ratio, season), np.bincount(phase[fine], minlength=season)
    indices: Floats = np.where(counts, sums / np.maximum(counts, 1), 1.0)
    return indices / indices.mean() if indices.mean() > 0 else np.ones(season)


def _within(actual: Floats, band: list[Floats]) -> float:
    if not band:
        return math.nan
    lower, upper = band
    return float(((actual >= lower) & (actual <= upper)).mean())


def _smape(actual: Floats, forecast: Floats) -> float:
    size = np.abs(actual) + np.abs(forecast)
    return float(np.mean(200 * np.abs(actual - forecast) / np.where(size > 0, size, 1)))


def _naive_error(past: Floats, season: int) -> float:
    lag = season if len(past) > season else 1
    return float(np.abs(past[lag:] - past[:-lag]).mean())
