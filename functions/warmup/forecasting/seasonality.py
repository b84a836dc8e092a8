"""The season of a series: how much each phase (each weekday, month or week of the year) stands out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warmup.forecasting.result import Floats

# How much less a season weighs than the one after it. Weekdays are steady, months in tourism are not: the series chooses.
DECAYS = np.array([0.6, 0.8, 0.9, 1.0])
# A season of 24 phases or more has neighbours that are alike, and too few seasons to see each phase alone.
SHARED_FROM = 24
# Information weights fall with half the number of points judged; a fifth of it, as neighbouring points are no new witnesses.
SHARPNESS = 0.1
# What is further from its phase's median than so many deviations happened once and is no season.
OUTLIER = 3.0
TINY = 1e-24


@dataclass(frozen=True)
class _Seasons:
    """Deviations from the trend, a row for each season, aligned so that the last row is full; 0 where nothing is known."""

    rows: Floats
    known: NDArray[np.bool_]


def seasonal_indices(values: Floats, length: int) -> Floats:
    """Return what each phase adds to the level, counted from the first value; all 0 where no season is seen.

    Classical decomposition: deviations from a centred moving average, averaged by phase. How fast old seasons are
    forgotten, and whether neighbouring phases share, is weighed by how well each choice would have foretold the next
    season. The result is shrunk by the share that chance explains (James and Stein 1961; for seasonal indices Miller
    and Williams 2003).
    """
    if length == 1 or len(values) < 2 * length + 1:
        return np.zeros(length)
    seasons = _seasons(values - _trend(values, length), length)
    ages = np.arange(len(seasons.rows))[::-1, None]
    weights = seasons.known * DECAYS[:, None, None] ** ages
    candidates = _candidates((weights * seasons.rows).sum(axis=1) / weights.sum(axis=1))
    indices = (_shares(seasons) * _trust(candidates, seasons, weights)) @ candidates
    return np.roll(indices, len(values) % length)


def _trend(values: Floats, length: int) -> Floats:
    window = np.ones(length) if length % 2 else np.r_[0.5, np.ones(length - 1), 0.5]
    middle = np.convolve(values, window / length, mode="valid")
    return np.pad(middle, len(window) // 2, mode="edge")


def _seasons(deviations: Floats, length: int) -> _Seasons:
    missing = -len(deviations) % length
    rows = np.pad(deviations, (missing, 0)).reshape(-1, length)
    known = np.arange(rows.size).reshape(rows.shape) >= missing
    typical = np.median(rows[1:] if missing else rows, axis=0)
    limit = OUTLIER * _deviation((rows - typical)[known])
    return _Seasons(np.where(known, typical + np.clip(rows - typical, -limit, limit), 0.0), known)


def _deviation(errors: Floats) -> float:
    """Return the standard deviation of the bulk of the errors (1.4826 makes the median one of normal errors)."""
    return float(1.4826 * np.median(np.abs(errors)) or 1.25 * np.abs(errors).mean())


def _candidates(averages: Floats) -> Floats:
    """Return the patterns to choose from, along the first axis: one for each decay, then the same with shared phases."""
    centred = averages - averages.mean(axis=-1, keepdims=True)
    if averages.shape[-1] < SHARED_FROM:
        return centred
    shared = (np.roll(centred, 1, axis=-1) + 2 * centred + np.roll(centred, -1, axis=-1)) / 4
    return np.concatenate([centred, shared])


def _shares(seasons: _Seasons) -> Floats:
    """Return the weight of each candidate, by how well it foretold each season from those before it."""
    count = len(seasons.rows)
    age = np.arange(count)[:, None] - np.arange(count) - 1
    past = np.where(age >= 0, DECAYS[:, None, None] ** np.maximum(age, 0), 0.0)
    weight = past @ seasons.known.astype(np.float64)
    told = _candidates((past @ seasons.rows) / np.maximum(weight, TINY))
    judged = seasons.known & (weight[0] > 0)
    score = np.log(_unexplained(seasons.rows[judged], told[:, judged]))
    shares: Floats = np.exp(-SHARPNESS * judged.sum() * (score - score.min()))
    return shares / shares.sum()


def _unexplained(actual: Floats, told: Floats) -> Floats:
    """Return the share of the squares that is left after the best multiple of what each candidate told."""
    together = np.maximum(told @ actual, 0.0)
    scale = np.maximum((told**2).sum(axis=1) * (actual @ actual), TINY)
    return np.maximum(1 - together**2 / scale, 1e-6)


def _trust(candidates: Floats, seasons: _Seasons, weights: Floats) -> Floats:
    """Return 1 for a pattern that cannot be chance, 0 for one that chance explains."""
    weights = np.resize(weights, (len(candidates), *seasons.rows.shape))
    effective = (weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)).mean(axis=1)
    squares = weights * (seasons.rows - candidates[:, None, :]) ** 2
    noise = squares.sum(axis=(1, 2)) / weights.sum(axis=(1, 2)) * effective / np.maximum(effective - 1, 0.5)
    strength = np.maximum((candidates**2).mean(axis=1), TINY)
    return np.clip(1 - noise / effective / strength, 0.0, 1.0)
