"""Cold starts: from the start of a process to its first question for an event, and to its first answer.

`python -m benchmarks.starts [--rounds 5]`. What `make build` ships is measured, beside the same without its compiled
modules (what `sam build` alone would ship) and beside a handler that only loads what such handlers need.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.aws import SECRET
from benchmarks.ground import ground
from benchmarks.lambdas import Function, functions, own, runtime_python, versions
from benchmarks.rounds import ROUNDS, Comparison, Contender, Goal, compare, save
from tests.support.door import event

_BARE: Final = "bare handler"
# Whose first answer is measured, and to which event: one of each kind that differs in what it loads.
_FIRST: Final[Mapping[str, Any]] = {
    "Api": event("POST", "/api/jobs/cleanup-reservations", {"X-Job-Secret": SECRET}),
    "CleanupReservations": {},
    "ProductChecks": {},
    "PuppetJobs": {},
    "WarmupForecasts": {},
}


def without_compiled(function: Function, folder: Path) -> Function:
    """Return the same function with no `.pyc` anywhere."""

    def copy(source: Path) -> Path:
        there = folder / source.name
        if not there.exists():
            shutil.copytree(source, there, ignore=shutil.ignore_patterns("__pycache__"))
        return there

    name = f"{function.name}, without .pyc"
    return replace(function, name=name, code=copy(function.code), layers=tuple(map(copy, function.layers)))


def start_ms(function: Function, python: str) -> float:
    """Return how long a start takes: the quicker of two, because whatever else the machine does can only add to it."""
    return min(function.start_ms(python) for _ in range(2))


def first_answer_ms(function: Function, python: str, given: Any) -> float:
    """Return how long it takes from the start of the process to the answer to its first event."""
    with function.started(python) as process:
        return process.start_ms + process.answer(given).ms


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/starts.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    python = runtime_python()
    with tempfile.TemporaryDirectory() as name:
        found = [_questions(Path(name), python, rounds), _answers(Path(name), python, rounds)]
    save("starts", found, versions(python))


def _questions(folder: Path, python: str, rounds: int) -> Comparison:
    shipped = list(functions().values())
    plain = [without_compiled(each, folder) for each in shipped]
    bare = replace(own(folder, "bare.run", python), name=_BARE)
    contenders = [Contender(each.name, partial(start_ms, each, python), rounds) for each in (*shipped, *plain, bare)]
    goals = [Goal(each.name, _BARE, at_most=1.25) for each in shipped]
    goals += [Goal(ours.name, same.name, at_most=0.6) for ours, same in zip(shipped, plain, strict=True)]
    title = "From the start of the process to its first question for an event"
    return compare(title, contenders, unit="ms", goals=goals, rounds=rounds, ours=[each.name for each in shipped])


def _answers(folder: Path, python: str, rounds: int) -> Comparison:
    with ground() as around:
        bare = own(folder, "bare.run", python, around.environment)

        def measure(function: Function, given: Any) -> float:
            around.free("cleanup-reservations")
            around.free("bare")
            return first_answer_ms(function, python, given)

        asked = {name: (around.functions[name], given) for name, given in _FIRST.items()}
        contenders = [
            Contender(name, partial(measure, *each), rounds) for name, each in {**asked, _BARE: (bare, {})}.items()
        ]
        goals = [Goal(name, _BARE) for name in asked]
        title = "From the start of the process to its first answer, with a new connection to each store"
        return compare(title, contenders, unit="ms", goals=goals, rounds=rounds, ours=list(asked))


if __name__ == "__main__":
    main()
