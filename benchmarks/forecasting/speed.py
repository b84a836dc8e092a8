"""What a forecast costs and how good it is: ours and models of statsforecast on the same series; CPU time alone.

`python -m benchmarks.forecasting.speed [--rounds 5]`. Here the accuracy is that of a sample, to be read beside what it
costs; on all series it is in docs/forecast-accuracy.md, by `make accuracy`.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.forecasting.series import FOLDER
from benchmarks.rounds import ROUNDS, Comparison, Contender, Goal, Growth, compare, grow, save
from benchmarks.workers import ROOT, Worker, locked, own_path, peers

OURS: Final = "Nightshift"
THETA: Final = "Theta"
# A model and in how many rounds it takes part; the slow ones (AutoETS, AutoCES) are in docs/forecast-accuracy.md alone.
_MODELS: Final = {THETA: ROUNDS, "AutoTheta": 1}
_ENVIRONMENT: Final = "bench-forecasts"
# Of each group of series, every so-manyth.
_EVERY: Final = 20
_FIELDS: Final = ("id", "group", "freq", "m", "train", "test")
_HORIZON: Final = 13

Row = Mapping[str, str]


@dataclass
class Forecasting:
    """Somebody who forecasts the same series again and again, in a process of their own."""

    worker: Worker
    owa: dict[str, float] = field(default_factory=dict)

    def cost_ms(self) -> float:
        """Milliseconds of CPU for one series; what the accuracy was is kept."""
        self.worker.say("again")
        answer: dict[str, Any] = json.loads(self.worker.hear())
        self.owa = answer["owa"]
        return float(answer["ms"])

    def mean_owa(self) -> float:
        """The mean over the groups of the error relative to Naive2's."""
        if not self.owa:
            self.cost_ms()
        return statistics.fmean(self.owa.values())


def forecasters() -> Path:
    """The interpreter of the environment that has the libraries."""
    return peers(_ENVIRONMENT)


@contextmanager
def forecasting(name: str, rows: Sequence[Row]) -> Iterator[Forecasting]:
    """Start one of them on some series."""
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "series.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, _FIELDS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        is_ours = name == OURS
        python, path = (sys.executable, own_path()) if is_ours else (str(forecasters()), str(ROOT))
        command = [python, "-m", "benchmarks.forecasting.forecaster", "ours" if is_ours else name, folder]
        with Worker(command, path) as worker:
            worker.expect("ready")
            yield Forecasting(worker)


def sample(folder: Path = FOLDER, every: int = _EVERY) -> list[Row]:
    """Return some series of every group of `series.csv` in a folder; none where it is not there."""
    if not (folder / "series.csv").exists():
        return []
    csv.field_size_limit(10**8)
    with (folder / "series.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    groups = sorted({row["group"] for row in rows})
    return [row for group in groups for row in [each for each in rows if each["group"] == group][::every]]


def made(count: int, length: int = 261) -> list[Row]:
    """Return weekly series with a season, a trend and noise; always the same ones."""
    chance = random.Random(7)  # noqa: S311  # no secret
    return [_made(number, length, chance) for number in range(count)]


def _made(number: int, length: int, chance: random.Random) -> Row:
    level, trend = chance.uniform(20, 80), chance.uniform(-0.05, 0.05)
    values = [
        max(0.0, level + trend * week + (20 if week % 52 > 45 else 0) + chance.gauss(0, 5))
        for week in range(length + _HORIZON)
    ]
    past, future = values[:length], values[length:]
    shown = {name: " ".join(f"{value:.0f}" for value in part) for name, part in (("train", past), ("test", future))}
    return {"id": f"made_{number}", "group": "made_weekly", "freq": "Weekly", "m": "52", **shown}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/forecasts.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    comparisons = _compare(sample(), rounds) if sample() else _compare(made(70), rounds)[:1]
    growth = [_by_count(), _by_length()]
    versions = locked("statsforecast", "numpy", lock=_ENVIRONMENT)
    save("forecasts", comparisons, versions, growth=[each.document() for each in growth])


def _compare(rows: Sequence[Row], rounds: int) -> list[Comparison]:
    with ExitStack() as stack:
        each = {name: stack.enter_context(forecasting(name, rows)) for name in (OURS, *_MODELS)}
        contenders = [
            Contender(name, one.cost_ms, min(rounds, _MODELS.get(name, rounds))) for name, one in each.items()
        ]
        # Ours has bands with it, theirs have none here.
        title, slower = f"{len(rows)} series, ours with bands", (Goal(OURS, THETA, at_most=3),)
        speed = compare(title, contenders, unit="ms of CPU a series", goals=slower, rounds=rounds)
        accuracy = [Contender(name, one.mean_owa) for name, one in each.items()]
        goals = tuple(Goal(OURS, name, at_most=1) for name in _MODELS)
        title = "Their errors relative to Naive2's (OWA), the mean of the groups"
        return [speed, compare(title, accuracy, unit="OWA", goals=goals, rounds=1)]


def _by_count() -> Growth:
    return grow("Series", "ms of CPU a series", (1, 10, 100), lambda count: _cost_ms(made(count)))


def _by_length() -> Growth:
    def cost_us(length: int) -> float:
        return _cost_ms(made(3, length)) * 1000 / length

    return grow("Weeks of a series", "µs of CPU a week", (104, 1_040, 10_400), cost_us)


def _cost_ms(rows: Sequence[Row]) -> float:
    with forecasting(OURS, rows) as one:
        one.cost_ms()
        return one.cost_ms()


if __name__ == "__main__":
    main()
