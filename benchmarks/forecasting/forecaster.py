"""Forecasts the same series again and again: `python -m benchmarks.forecasting.forecaster WHO FOLDER`.

It says ready; for every line it hears it forecasts all series once and says, as JSON, how many milliseconds of CPU one
took and how good they were, by group. Runs in the environment of whoever forecasts.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

from benchmarks.forecasting.measures import summaries
from benchmarks.forecasting.series import Forecaster, HeldOut, read


def find(who: str) -> Forecaster:
    """Return ours, or a model of statsforecast by its name."""
    if who == "ours":
        from benchmarks.forecasting.accuracy import ours

        return ours
    from benchmarks.forecasting.libraries import MODELS, forecaster

    return forecaster(MODELS[who])


def measured(run: Forecaster, series: list[HeldOut]) -> dict[str, object]:
    """Forecast every series once."""
    found = summaries(run, series)
    cpu_ms = sum(each.mean.cpu_ms * each.count for each in found.values()) / len(series)
    return {"ms": cpu_ms, "owa": {group: each.owa for group, each in found.items()}}


def main() -> None:
    """Serve until nobody asks any more."""
    warnings.simplefilter("ignore")
    run, series = find(sys.argv[1]), read(Path(sys.argv[2]))
    measured(run, series[:: max(1, len(series) // 10)])  # what is loaded or compiled at first use is no series' cost
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(measured(run, series)), flush=True)


if __name__ == "__main__":
    main()
