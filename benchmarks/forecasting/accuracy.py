"""How good our forecasts are: measures them on series held out, prints the table and writes docs/forecast-accuracy.md.

`make accuracy [SERIES=folder]`, or `python -m benchmarks.forecasting.accuracy [folder]`. The folder has a `series.csv`
with the columns id, group, freq, m, train and test (values separated by blanks).
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.forecasting.measures import Summary, summaries
from benchmarks.forecasting.series import FOLDER, Floats, parts_of, read

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "functions")]

from warmup.forecasting import ENGINE_VERSION, forecast  # noqa: E402  # after the path

DOCUMENT = ROOT / "docs" / "forecast-accuracy.md"
LIBRARIES = Path(__file__).with_name("libraries.json")
TEMPLATE = Path(__file__).with_name("forecast-accuracy.template.md")
# What was asked for on series that nobody here has seen: the OWA at most, and what the best library reaches on those.
GOALS = {
    "gt_weekly": (0.78, 0.79),
    "gt_daily": (0.93, 0.94),
    "gt_monthly": (0.85, 0.83),
    "m4_weekly": (0.82, 0.82),
    "m3_monthly": (0.81, 0.81),
    "tourism_monthly": (0.82, 0.81),
    "nn5_daily": (0.72, 0.73),
}
NAMES = {
    "gt_weekly": "search interest, weekly",
    "gt_daily": "search interest, daily",
    "gt_monthly": "search interest, monthly",
    "m4_weekly": "M4 weekly",
    "m3_monthly": "M3 monthly",
    "tourism_monthly": "tourism monthly",
    "nn5_daily": "NN5 daily",
}


def ours(past: Floats, horizon: int, season: int) -> tuple[Floats, ...]:
    """Forecast with our own engine."""
    made = forecast(past, horizon, season)
    return made.mean, made.lower80, made.upper80, made.lower95, made.upper95


def accuracy_table(results: dict[str, Summary]) -> str:
    """Return the errors and how often the bands held."""
    rows = [
        "| group | series | sMAPE | MASE | OWA | 80 % bands hold | 95 % bands hold |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for group, result in results.items():
        mean = result.mean
        rows.append(
            f"| {NAMES.get(group, group)} | {result.count} | {mean.smape:.2f} | {mean.mase:.3f} | {result.owa:.3f} "
            f"| {mean.within80:.1%} | {mean.within95:.1%} |"
        )
    return "\n".join(rows)


def parts_table(parts: dict[str, dict[str, Summary]], libraries: dict[str, Any]) -> str:
    """Return our OWA and that of Theta in parts of the series."""
    rows = [
        "| group | " + " | ".join(f"{part}: ours | Theta" for part in parts) + " |",
        "|---|" + "--:|--:|" * len(parts),
    ]
    for group in next(iter(parts.values())):
        cells = [
            f"{results[group].owa:.3f} | {libraries['parts'][part][group]['owa']:.3f}"
            for part, results in parts.items()
        ]
        rows.append(f"| {NAMES.get(group, group)} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def comparison_table(results: dict[str, Summary], libraries: dict[str, Any]) -> str:
    """Return our OWA beside that of libraries on the same series, and beside the goals on others."""
    models = libraries["models"]
    rows = [
        "| group | ours | " + " | ".join(models) + " | goal, unseen series | best library, unseen series |",
        "|---|--:|" + "--:|" * (len(models) + 2),
    ]
    for group, result in results.items():
        others = " | ".join(f"{models[name][group]['owa']:.3f}" for name in models)
        goal, best = GOALS.get(group, (np.nan, np.nan))
        rows.append(f"| {NAMES.get(group, group)} | **{result.owa:.3f}** | {others} | ≤ {goal:.2f} | {best:.2f} |")
    return "\n".join(rows)


def cpu_table(results: dict[str, Summary], libraries: dict[str, Any]) -> str:
    """Return CPU times of a series: our mean and 95th percentile, the libraries' means, and our share of Theta's."""
    models = libraries["models"]
    rows = [
        "| group | ours | ours, p95 | " + " | ".join(models) + " | ours to Theta |",
        "|---|--:|--:|" + "--:|" * (len(models) + 1),
    ]
    for group, result in results.items():
        others = " | ".join(f"{models[name][group]['cpu_ms']:.1f}" for name in models)
        ratio = result.mean.cpu_ms / models["Theta"][group]["cpu_ms"]
        mine = f"{result.mean.cpu_ms:.1f} | {result.cpu_ms_p95:.1f}"
        rows.append(f"| {NAMES.get(group, group)} | {mine} | {others} | {ratio:.2f} |")
    return "\n".join(rows)


def document(results: dict[str, Summary], parts: dict[str, dict[str, Summary]]) -> str:
    """Return the page for docs/."""
    libraries = json.loads(LIBRARIES.read_text())
    return TEMPLATE.read_text().format(
        accuracy=accuracy_table(results),
        parts=parts_table(parts, libraries),
        comparison=comparison_table(results, libraries),
        cpu=cpu_table(results, libraries),
        engine=ENGINE_VERSION,
        count=sum(result.count for result in results.values()),
        measured=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=f"Python {platform.python_version()}, numpy {np.__version__}, {platform.system()} {platform.machine()}",
        libraries=f"{libraries['library']} ({libraries['measured']}, Python {libraries['python']})",
    )


def main() -> None:
    """Print the table and write the document; without series say so and leave the document as it is."""
    parser = argparse.ArgumentParser(description="accuracy of the forecasts")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=FOLDER, help="with series.csv [../shared/forecast-series]"
    )
    folder = parser.parse_args().folder
    if not (folder / "series.csv").is_file():
        print(f"no series.csv in {folder}: nothing to measure; name another folder as SERIES=...")
        return
    series = read(folder)
    results = summaries(ours, series)
    print(accuracy_table(results))
    DOCUMENT.write_text(document(results, {name: summaries(ours, part) for name, part in parts_of(series).items()}))
    print(f"written: {DOCUMENT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
