"""The season of a series: how much each phase (each weekday, month or week of the year) stands out."""

from __future__ import annotations

import numpy as np

from warmup.forecasting.result import Floats

# The weight of a season falls by this much with each season that follows: seasons change slowly.
DECAY = 0.8


def seasonal_indices(values: Floats, length: int) -> Floats:
    """Return what each phase adds to the level, counted from the first value; all 0 where no season is seen.

    Classical decomposition (a centred moving average is the trend), with later seasons weighing more, and shrunk by
    the share of the pattern that chance would bring about as well (James and Stein 1961; for seasonal indices
    Miller and Williams 2003).
    """
    if length == 1 or len(values) < 2 * length + 1:
        return np.zeros(length)
    by_phase = _rows_of_seasons(values - _trend(values, length), length)
    known = np.isfinite(by_phase)
    weights = known * DECAY ** np.arange(len(by_phase))[::-1, None]
    indices = (np.where(known, by_phase, 0) * weights).sum(axis=0) / weights.sum(axis=0)
    indices -= indices.mean()
    return indices * _trust(indices, by_phase - indices, weights)


def _trend(values: Floats, length: int) -> Floats:
    window = np.ones(length) if length % 2 else np.r_[0.5, np.ones(length - 1), 0.5]
    middle = np.convolve(values, window / length, mode="valid")
    edge = len(window) // 2
    return np.pad(middle, edge, mode="edge")


def _rows_of_seasons(values: Floats, length: int) -> Floats:
    rows = -(-len(values) // length)
    return np.pad(values, (0, rows * length - len(values)), constant_values=np.nan).reshape(rows, length)


def _trust(indices: Floats, errors: Floats, weights: Floats) -> float:
    """Return 1 for a pattern that cannot be chance, 0 for one that chance explains."""
    count = np.isfinite(errors).sum()
    noise = np.nansum(errors**2) / max(count - len(indices), 1)
    seasons = (weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)).mean()
    strength = (indices**2).mean()
    return float(max(0.0, 1 - noise / seasons / strength)) if strength > 0 else 0.0
