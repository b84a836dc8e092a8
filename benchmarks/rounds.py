"""Measures contenders against each other: in turns, on the same work, so that what the machine does meanwhile hits all.

A figure alone says little on a shared machine; the ratio of two figures of the same round says more, and the spread of
those ratios says how much.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).parent / "results"
ROUNDS: Final = 5
# Ratios that lie further apart than this part of their median tell nothing for certain.
NOISY: Final = 0.25
# Of what takes so long in all no further round is needed to know how its cost grows.
_LONG_S: Final = 2.0


@dataclass(frozen=True)
class Contender:
    """Somebody who does the work; `measure` does it once and returns a figure, such as jobs a second.

    Attributes:
        rounds: in how many of the rounds it takes part; a slow one need not take part in all.
    """

    name: str
    measure: Callable[[], float]
    rounds: int = ROUNDS


@dataclass(frozen=True)
class Goal:
    """What the ratio of two contenders ought to be: at least something of a rate, at most something of a cost."""

    ours: str
    theirs: str
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Ratio:
    """How two contenders compare, round by round."""

    ours: str
    theirs: str
    median: float
    low: float
    high: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_noisy(self) -> bool:
        """Whether the rounds disagree so much that the median tells little."""
        return self.high - self.low > NOISY * self.median

    @property
    def verdict(self) -> str:
        """The ratio against its goal, in words."""
        said = [f"goal {self.goal}: {'met' if self.is_met else 'missed'}"] if self.goal else []
        return " ".join([*said, *(["(noisy)"] if self.is_noisy else [])])

    @property
    def goal(self) -> str:
        """The goal in signs, empty where there is none."""
        bounds = (("≥", self.at_least), ("≤", self.at_most))
        return " and ".join(f"{sign} {bound:.3g}" for sign, bound in bounds if bound is not None)

    @property
    def is_met(self) -> bool:
        """Whether the median keeps to the goal."""
        low = self.at_least is None or self.median >= self.at_least
        return low and (self.at_most is None or self.median <= self.at_most)


@dataclass
class Comparison:
    """What the rounds of one line of work came to.

    Attributes:
        ours: the contenders that are ours, where that is not the first alone.
    """

    title: str
    unit: str
    goals: Sequence[Goal] = ()
    figures: dict[str, list[float]] = field(default_factory=dict)
    ours: Sequence[str] = ()

    def ratios(self) -> list[Ratio]:
        """Return the ratios that were asked for, where both sides were measured."""
        return [self._ratio(goal) for goal in self.goals if goal.ours in self.figures and goal.theirs in self.figures]

    def _ratio(self, goal: Goal) -> Ratio:
        pairs = zip(self.figures[goal.ours], self.figures[goal.theirs], strict=False)
        each = [ours / theirs for ours, theirs in pairs]
        return Ratio(**vars(goal), median=statistics.median(each), low=min(each), high=max(each))

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        ratios = [
            {**vars(ratio), "goal": ratio.goal, "met": ratio.is_met, "noisy": ratio.is_noisy} for ratio in self.ratios()
        ]
        medians = {name: statistics.median(figures) for name, figures in self.figures.items()}
        about = {"title": self.title, "unit": self.unit, "ours": self.ours or list(medians)[:1]}
        return {**about, "median": medians, "rounds": self.figures, "ratios": ratios}


@dataclass(frozen=True)
class Growth:
    """What an item costs as the work grows: flat, or with a reason."""

    title: str
    unit: str
    costs: Mapping[int, float]

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"title": self.title, "unit": self.unit, "costs": {str(size): cost for size, cost in self.costs.items()}}


def grow(title: str, unit: str, sizes: Sequence[int], cost: Callable[[int], float], rounds: int = 3) -> Growth:
    """Measure what an item costs at each size, and print it: the median of some rounds, or of fewer that take long."""
    print(f"\n{title}", flush=True)
    measured = {size: _median(partial(cost, size), rounds) for size in sizes}
    for size, each in measured.items():
        print(f"  {size:>12,}  {shown(each)} {unit}", flush=True)
    return Growth(title, unit, measured)


def _median(cost: Callable[[], float], rounds: int) -> float:
    began, costs = time.monotonic(), [cost()]
    while len(costs) < rounds and time.monotonic() - began < _LONG_S:
        costs.append(cost())
    return statistics.median(costs)


def compare(
    title: str,
    contenders: Sequence[Contender],
    *,
    unit: str,
    goals: Sequence[Goal] = (),
    rounds: int = ROUNDS,
    ours: Sequence[str] = (),
) -> Comparison:
    """Let contenders take turns, and print what came of it."""
    print(f"\n{title}", flush=True)
    comparison = Comparison(title, unit, goals, ours=ours)
    for number in range(rounds):
        # Every other round goes backwards: whoever comes after a certain one is not always the same.
        order = contenders if number % 2 == 0 else list(reversed(contenders))
        for contender in order:
            if number < contender.rounds:
                figure = contender.measure()
                comparison.figures.setdefault(contender.name, []).append(figure)
                print(f"  round {number + 1}: {contender.name}: {shown(figure)} {unit}", flush=True)
    _show(comparison, [contender.name for contender in contenders])
    return comparison


def save(name: str, comparisons: Sequence[Comparison], versions: Mapping[str, str], **notes: Any) -> Path:
    """Write results to `benchmarks/results/NAME.json`, with machine and versions, and return where."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": {"python": platform.python_version(), **versions},
        "comparisons": [each.document() for each in comparisons],
        **notes,
    }
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    print(f"\n{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}", flush=True)
    return path


def machine() -> dict[str, Any]:
    """Return what the figures were measured on, and how busy it was otherwise."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def _show(comparison: Comparison, names: Sequence[str]) -> None:
    width = max(map(len, names))
    print(f"  {'':{width}}  {'median':>10}  {'lowest':>10}  {'highest':>10}   {comparison.unit}")
    for name in names:
        figures = comparison.figures[name]
        cells = map(shown, (statistics.median(figures), min(figures), max(figures)))
        print(f"  {name:{width}}  " + "  ".join(f"{each:>10}" for each in cells))
    for ratio in comparison.ratios():
        between = f"{ratio.ours} / {ratio.theirs}"
        print(f"  {between}: {ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})  {ratio.verdict}", flush=True)


def shown(figure: float) -> str:
    """Return a figure with as many digits as can mean something."""
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.3g}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
