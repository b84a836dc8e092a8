"""Measures the models of statsforecast on the same series, for the comparison in docs/forecast-accuracy.md.

In an environment of its own, as it is far larger than all of Nightshift:
`python -m venv /elsewhere && /elsewhere/bin/pip install statsforecast && /elsewhere/bin/python -m
benchmarks.forecasting.libraries [folder]`. Takes about ten minutes and writes `libraries.json`.
"""

from __future__ import annotations

import argparse
import json
import platform
import warnings
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from statsforecast import models  # type: ignore[import-not-found]

from benchmarks.forecasting.measures import naive2, summaries
from benchmarks.forecasting.series import FOLDER, Floats, Forecaster, HeldOut, parts_of, read

MODELS = {"Theta": models.Theta, "AutoTheta": models.AutoTheta, "AutoETS": models.AutoETS, "AutoCES": models.AutoCES}


def forecaster(model: Any) -> Forecaster:
    """Return the model as a function; where it gives up, Naive2 stands in."""

    def run(past: Floats, horizon: int, season: int) -> tuple[Floats, ...]:
        try:
            made = model(season_length=season).forecast(y=past, h=horizon)
        except Exception:  # noqa: BLE001  # a library raises what it likes
            return (naive2(past, horizon, season),)
        return (np.asarray(made["mean"], dtype=np.float64),)

    return run


def figures(model: Any, series: list[HeldOut]) -> dict[str, dict[str, float]]:
    """Measure one model, group by group."""
    run = forecaster(model)
    # Compiled on first use, for seasonal and other series.
    for one in series[:: max(1, len(series) // 20)]:
        run(one.past[-150:], 4, one.season)
    return {
        group: {"owa": round(result.owa, 4), "cpu_ms": round(result.mean.cpu_ms, 2)}
        for group, result in summaries(run, series).items()
    }


def main() -> None:
    """Write the figures of all models."""
    parser = argparse.ArgumentParser(description="accuracy of statsforecast")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    series = read(parser.parse_args().folder)
    warnings.simplefilter("ignore")
    record = {
        "library": f"statsforecast {version('statsforecast')}",
        "python": platform.python_version(),
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "models": {name: figures(model, series) for name, model in MODELS.items()},
        "parts": {name: figures(models.Theta, part) for name, part in parts_of(series).items()},
    }
    Path(__file__).with_name("libraries.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
