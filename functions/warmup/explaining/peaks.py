"""Finds the peaks of a series by prominence, as scipy.signal does: scipy itself would be 100 MB for two functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# A peak is worth explaining when it stands out by this share of the series' highest value.
LEAST_SHARE = 0.1
MOST_PEAKS = 3


@dataclass(frozen=True)
class Peak:
    """A local maximum.

    Attributes:
        index: its place in the series; of a plateau the middle, the left one of two.
        prominence: how far one has to go down from it, at least, to reach anything higher or an end of the series.
        at_end: it lies at the beginning or end of the series, so that its other side is not known.
    """

    index: int
    prominence: float
    at_end: bool = False


def find_peaks(values: Sequence[float], least_prominence: float = 0.0) -> list[Peak]:
    """Return the inner peaks of at least this prominence, from left to right.

    Indices and prominences are those of `scipy.signal.find_peaks(values, prominence=…)`: a peak is a value, or a
    run of equal values, with a lower value on both sides.
    """
    peaks = [Peak(index, prominence(values, index)) for index in _local_maxima(values)]
    return [peak for peak in peaks if peak.prominence >= least_prominence]


def prominence(values: Sequence[float], index: int) -> float:
    """Return how far the value at `index` stands out: over the higher of the lowest values on its two sides.

    A side reaches to the first higher value or to the end of the series, as in `scipy.signal.peak_prominences`.
    """
    return values[index] - max(_lowest(values, index, -1), _lowest(values, index, 1))


def end_peaks(values: Sequence[float], least_prominence: float = 0.0) -> list[Peak]:
    """Return the first and last run of equal values where the series falls away from it.

    Only one side is known, so prominence is measured on that side alone. A constant series has none.
    """
    if not values:
        return []
    first = next((i for i, value in enumerate(values) if value != values[0]), None)
    if first is None:
        return []
    last = next(i for i in range(len(values) - 1, -1, -1) if values[i] != values[-1])
    found = []
    if values[first] < values[0]:
        found.append(Peak((first - 1) // 2, values[0] - _lowest(values, first - 1, 1), at_end=True))
    if values[last] < values[-1]:
        middle = (last + len(values)) // 2
        found.append(Peak(middle, values[-1] - _lowest(values, last + 1, -1), at_end=True))
    return [peak for peak in found if peak.prominence >= least_prominence]


def most_prominent(values: Sequence[float], most: int = MOST_PEAKS) -> list[Peak]:
    """Return the peaks that are worth explaining, ends included, from left to right.

    A peak must stand out by a tenth of the highest value. Among equals the later one is preferred: it is nearer
    to what a reader remembers.
    """
    least = LEAST_SHARE * max(values, default=0.0)
    if least <= 0:
        return []
    found = find_peaks(values, least) + end_peaks(values, least)
    chosen = sorted(found, key=lambda peak: (peak.prominence, peak.index), reverse=True)[:most]
    return sorted(chosen, key=lambda peak: peak.index)


def _local_maxima(values: Sequence[float]) -> list[int]:
    found = []
    left = 1
    while left < len(values) - 1:
        right = left
        if values[left - 1] < values[left]:
            while right < len(values) - 1 and values[right + 1] == values[left]:
                right += 1
            if right < len(values) - 1 and values[right + 1] < values[left]:
                found.append((left + right) // 2)
        left = right + 1
    return found


def _lowest(values: Sequence[float], index: int, step: int) -> float:
    peak = lowest = values[index]
    while 0 <= index < len(values) and values[index] <= peak:
        lowest = min(lowest, values[index])
        index += step
    return lowest
