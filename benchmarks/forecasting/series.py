"""The series that forecasts are measured on. They belong to others and are not part of this repository."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Forecaster = Callable[[Floats, int, int], tuple[Floats, ...]]

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "forecast-series"
# The season a forecaster is told of. M4 measures its weekly series as if they had none.
SEASONS = {"Daily": 7, "Weekly": 52, "Monthly": 12}


@dataclass(frozen=True)
class HeldOut:
    """A series whose last values are hidden from the forecaster.

    Attributes:
        measured_season: the season that the measures count with.
        season: the season that the forecaster is told of.
    """

    id: str
    group: str
    measured_season: int
    season: int
    past: Floats
    future: Floats


def read(folder: Path) -> list[HeldOut]:
    """Return all series of `series.csv` in the folder."""
    csv.field_size_limit(10**8)
    with (folder / "series.csv").open(newline="") as lines:
        return [_held_out(row) for row in csv.DictReader(lines)]


def _held_out(row: dict[str, str]) -> HeldOut:
    past, future = (np.array(row[part].split(), dtype=np.float64) for part in ("train", "test"))
    return HeldOut(row["id"], row["group"], int(row["m"]), SEASONS[row["freq"]], past, future)


def part_of(series: HeldOut) -> int:
    """Return 0 or 1, at random by its name but for the number at its end: series of one word stay together."""
    word = re.sub(r"_\d+$", "", series.id)
    return hashlib.sha256(word.encode()).digest()[0] & 1


def earlier(series: HeldOut) -> HeldOut | None:
    """Return the series with its past's last values hidden instead, or None where too little is left."""
    horizon = len(series.future)
    past, future = series.past[:-horizon], series.past[-horizon:]
    return replace(series, past=past, future=future) if len(past) >= max(60, 3 * series.season) else None


def parts_of(series: list[HeldOut]) -> dict[str, list[HeldOut]]:
    """Return two halves of the series, and the same series at an earlier date."""
    before = (earlier(one) for one in series)
    return {
        "one half": [one for one in series if part_of(one) == 0],
        "other half": [one for one in series if part_of(one) == 1],
        "earlier": [one for one in before if one],
    }


def groups_of(series: Iterable[HeldOut]) -> list[str]:
    """Return the groups, in the order of their names."""
    return sorted({one.group for one in series})
