"""The series that forecasts are measured on. They belong to others and are not part of this repository."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
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


def groups_of(series: Iterable[HeldOut]) -> list[str]:
    """Return the groups, in the order of their names."""
    return sorted({one.group for one in series})
