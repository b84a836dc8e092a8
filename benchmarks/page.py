"""docs/performance.md and its pictures, from what the rows left in benchmarks/results.

What is said around the figures stands in performance.template.md, where `{row:NAME}` becomes a row's tables and
`{goals}` what came of all goals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks import bars
from benchmarks.rounds import RESULTS, shown

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
TEMPLATE: Final = Path(__file__).with_name("performance.template.md")
_PLACE: Final = re.compile(r"\{row:([a-z-]+)\}")
_GOALS: Final = "{goals}"
_Json = Mapping[str, Any]


def write(template: Path = TEMPLATE, results: Path = RESULTS, docs: Path = DOCS) -> Path:
    """Write the page and a picture for each row that has been measured; return where the page is."""
    text = template.read_text("utf-8")
    measured = {name: results / f"{name}.json" for name in _PLACE.findall(text)}
    rows = {name: json.loads(path.read_text("utf-8")) for name, path in measured.items() if path.exists()}
    pictures = docs / "images"
    pictures.mkdir(parents=True, exist_ok=True)

    def fill(place: re.Match[str]) -> str:
        if not (row := rows.get(place[1])):
            return f"Not measured yet: `make bench ONLY={place[1]}`."
        picture = pictures / f"bench-{place[1]}.svg"
        picture.write_text(bars.draw(row["comparisons"]), "utf-8")
        return "\n".join(_row(row, f"images/{picture.name}"))

    page = docs / "performance.md"
    page.write_text(_PLACE.sub(fill, text.replace(_GOALS, "\n".join(_goals(rows)))), "utf-8")
    return page


def _goals(rows: Mapping[str, _Json]) -> Iterator[str]:
    """How many goals are met, and which are not."""
    ratios = [
        (name, comparison["title"], ratio)
        for name, row in rows.items()
        for comparison in row["comparisons"]
        for ratio in comparison["ratios"]
        if ratio["goal"]
    ]
    missed = [each for each in ratios if not each[2]["met"]]
    yield f"Of {len(ratios)} goals {len(ratios) - len(missed)} are met."
    if missed:
        yield "The others, each with its reason in its section:\n"
        yield "| row | of what | ratio | median | goal | |"
        yield "|---|---|---|---:|---:|---|"
    for name, title, ratio in missed:
        between, noisy = f"{ratio['ours']} / {ratio['theirs']}", "noisy" if ratio["noisy"] else ""
        yield f"| {name} | {title} | {between} | {ratio['median']:.2f} | {ratio['goal']} | {noisy} |"


def _row(row: _Json, picture: str) -> Iterator[str]:
    for comparison in row["comparisons"]:
        yield from _comparison(comparison)
    for growth in row.get("growth", ()):
        yield from _growth(growth)
    yield f"![The medians as bars; the tables above have the figures]({picture})\n"
    yield from (f"{note}\n" for note in row.get("notes", ()))
    machine = row["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in row["versions"].items())
    load = machine["load"][0]
    yield f"<sub>{row['at'][:10]}; {machine['processor']}, {machine['cores']} cores, load {load}; {versions}</sub>"


def _comparison(comparison: _Json) -> Iterator[str]:
    unit = comparison["unit"]
    yield f"**{comparison['title']}**\n"
    yield f"| | median, {unit} | lowest | highest |"
    yield "|---|---:|---:|---:|"
    for name, figures in comparison["rounds"].items():
        yield f"| {name} | {shown(comparison['median'][name])} | {shown(min(figures))} | {shown(max(figures))} |"
    yield ""
    if comparison["ratios"]:
        yield "| ratio | median | lowest to highest | goal | |"
        yield "|---|---:|---:|---:|---|"
        yield from map(_ratio, comparison["ratios"])
        yield ""


def _growth(growth: _Json) -> Iterator[str]:
    yield f"| {growth['title']} | {growth['unit']} |"
    yield "|---:|---:|"
    for size, cost in growth["costs"].items():
        yield f"| {int(size):,} | {shown(cost)} |"
    yield ""


def _ratio(ratio: _Json) -> str:
    verdict = ("met" if ratio["met"] else "**missed**") if ratio["goal"] else ""
    said = ", ".join(filter(None, (verdict, "noisy" if ratio["noisy"] else "")))
    between = f"{ratio['ours']} / {ratio['theirs']}"
    spread = f"{ratio['low']:.2f} to {ratio['high']:.2f}"
    return f"| {between} | {ratio['median']:.2f} | {spread} | {ratio['goal']} | {said} |"
