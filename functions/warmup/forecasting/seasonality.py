"""The season of a series: how much each phase (each weekday, month or week of the year) stands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from warmup.forecasting.arrays import Floats, Truths, Whole, information_weights

# How much less a season weighs than the one after it. Weekdays are steady, months of travel are not: the series tells.
DECAYS = np.array([0.6, 0.8, 0.9, 1.0])
# A season of 24 phases or more has neighbours that are alike, and too few seasons to see each phase alone.
SHARED_FROM = 24
# Information weights take half the number of points judged; a fifth of it, as neighbours are no new witnesses.
SHARPNESS = 0.1
# What is further from its phase's median than so many deviations happened once and is no season.
OUTLIER = 3.0
TINY = 1e-24
# A pattern that repeats exactly leaves nothing; no candidate gets more credit than for a millionth.
LEAST_LEFT = 1e-6


@dataclass(frozen=True)
class _Seasons:
    """Deviations from the trend, a row for each season; the last row is full, what the first one lacks is 0."""

    rows: Floats
    known: Truths


@dataclass(frozen=True)
class Season:
    """A repeating pattern.

    Attributes:
        indices: what each phase adds to the level, counted from the first value; all 0 where no season is seen.
        strength: from 0 for a pattern that is chance to 1 for one that cannot be.
        stretch: by how much the errors of the next season are larger than those of the seasons it was learnt from.
    """

    # From this strength on there is more of a season in the pattern than of chance.
    PLAIN: ClassVar[float] = 0.5

    indices: Floats
    strength: float = 0.0
    stretch: float = 1.0

    def at(self, positions: Whole) -> Floats:
        """Return what the season adds at positions counted from the first value."""
        return self.indices[positions % len(self.indices)]


def find_season(values: Floats, length: int) -> Season:
    """Return the pattern that repeats after so many values.

    Classical decomposition: deviations from a centred moving average, averaged by phase. How fast old seasons are
    forgotten, and whether neighbouring phases share, is weighed by how well each choice would have foretold the next
    season. The result is shrunk by the share that chance explains (James and Stein 1961; for seasonal indices Miller
    and Williams 2003).
    """
    if length == 1 or len(values) < 2 * length + 1:
        return Season(np.zeros(1))
    seasons = _seasons(values - _trend(values, length), length)
    ages = np.arange(len(seasons.rows))[::-1, None]
    weights: Floats = seasons.known * DECAYS[:, None, None] ** ages
    candidates = _candidates((weights * seasons.rows).sum(axis=1) / weights.sum(axis=1))
    effective = np.tile(_effective(weights), len(candidates) // len(DECAYS))
    shares, trust = _shares(seasons), _trust(candidates, seasons, weights, effective)
    indices: Floats = (shares * trust) @ candidates
    stretch = np.sqrt(1 + (shares * trust) @ (2 / np.maximum(effective - 1, 0.5)))
    return Season(np.roll(indices, len(values) % length), float(shares @ trust), float(stretch))


def _effective(weights: Floats) -> Floats:
    """Return how many equally weighted seasons know as much, for each decay."""
    count: Floats = (weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)).mean(axis=1)
    return count


def _trend(values: Floats, length: int) -> Floats:
    """Return the average over one season around each value; at both ends the nearest that can be had."""
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
    """Return the patterns to choose from along the first axis: for each decay one, then with shared phases."""
    centred: Floats = averages - averages.mean(axis=-1, keepdims=True)
    if averages.shape[-1] < SHARED_FROM:
        return centred
    shared = (np.roll(centred, 1, axis=-1) + 2 * centred + np.roll(centred, -1, axis=-1)) / 4
    both: Floats = np.concatenate([centred, shared])
    return both


def _shares(seasons: _Seasons) -> Floats:
    """Return the weight of each candidate, by how well it foretold each season from those before it."""
    count = len(seasons.rows)
    age = np.arange(count)[:, None] - np.arange(count) - 1
    past = np.where(age >= 0, DECAYS[:, None, None] ** np.maximum(age, 0), 0.0)
    weight = past @ seasons.known.astype(np.float64)
    told = _candidates((past @ seasons.rows) / np.maximum(weight, TINY))
    judged = seasons.known & (weight[0] > 0)
    score = np.log(_unexplained(seasons.rows[judged], told[:, judged]))
    return information_weights(score, SHARPNESS * judged.sum())


def _unexplained(actual: Floats, told: Floats) -> Floats:
    """Return the share of the squares that each candidate leaves when shrunk as would have been best."""
    shrink = np.clip(told @ actual / np.maximum((told**2).sum(axis=1), TINY), 0.0, 1.0)
    left = ((actual - shrink[:, None] * told) ** 2).sum(axis=1)
    share: Floats = np.maximum(left / max(float(actual @ actual), TINY), LEAST_LEFT)
    return share


def _trust(candidates: Floats, seasons: _Seasons, weights: Floats, effective: Floats) -> Floats:
    """Return 1 for a pattern that cannot be chance, 0 for one that chance explains."""
    weights = np.tile(weights, (len(candidates) // len(DECAYS), 1, 1))
    squares = weights * (seasons.rows - candidates[:, None, :]) ** 2
    noise = squares.sum(axis=(1, 2)) / weights.sum(axis=(1, 2)) * effective / np.maximum(effective - 1, 0.5)
    strength = (candidates**2).mean(axis=1)
    trust: Floats = np.clip(1 - (noise / effective + TINY) / np.maximum(strength, TINY), 0.0, 1.0)
    return trust
