"""The most memory that each function takes at its largest, against what the template gives it.

`python -m benchmarks.memory.peaks`. The shipped function works under the real runtime client; what counts is the
highest resident size of its process, which Linux keeps. One round is enough: time plays no part in it.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import Any, Final

from benchmarks.ground import Ground, ground
from benchmarks.lambdas import ROOT, FunctionFailedError, runtime_python, versions
from benchmarks.memory.cases import CASES, HOSTS, Case, Place
from benchmarks.rounds import Comparison, Goal, save
from benchmarks.server import version
from local.leash import leashed

# The part of a function's memory that its largest case may take.
MOST: Final = 0.6
_GIVEN: Final = "{} in the template"


def peak_mb(around: Ground, case: Case, place: Place, python: str) -> float:
    """Return the most memory that a function had, once it has done its largest case.

    Raises:
        FunctionFailedError: it failed, or did less than that.
    """
    case.prepare(place)
    function = around.functions[case.function]
    mail = {"AWS_ENDPOINT_URL_SESV2": around.endpoint}
    changed = replace(function, environment={**function.environment, **mail, **case.environment(place)})
    with changed.started(python) as process:
        for event in case.events:
            answer = process.answer(event).body
            check(case, answer)
        return process.peak_mb


def check(case: Case, answer: Any) -> None:
    """Make sure that what was answered is what the case asked for.

    Raises:
        FunctionFailedError: it is less.
    """
    refused = answer.get("statusCode", 200) != 200 or answer.get("status") in ("failed", "skipped")
    # A page that a busy machine did not bring in time is no reason to measure nothing.
    if refused or answer.get("processed", case.least) < case.least:
        raise FunctionFailedError(f"{case.function} did less than its largest case: {str(answer)[:500]}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/memory.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="is not looked at")
    parser.add_argument("--only", default="", help="one function, where what others leave is not needed")
    only = parser.parse_args(arguments).only
    python = runtime_python()
    cases = [case for case in CASES if only in ("", case.function)]
    with ExitStack() as stack:
        around = stack.enter_context(ground())
        connection = stack.enter_context(closing(around.on.connect(around.database)))
        place = Place(connection, stack.enter_context(_others()))
        found = _compare(around, cases, place, python)
        if not only:
            save("memory", [found], {**versions(python), "postgresql": version(around.on)}, notes=_notes(cases))


def _compare(around: Ground, cases: Sequence[Case], place: Place, python: str) -> Comparison:
    goals = [Goal(case.function, _GIVEN.format(case.function), at_most=MOST) for case in cases]
    found = Comparison("The most memory at the largest case", "MB", goals)
    print(f"\n{found.title}", flush=True)
    for case in cases:
        started = time.monotonic()
        given, peak = around.functions[case.function].memory_mb, peak_mb(around, case, place, python)
        found.figures[case.function], found.figures[_GIVEN.format(case.function)] = [peak], [given]
        took_s = time.monotonic() - started
        print(f"  {case.function}: {peak:.0f} of {given} MB ({case.work}; {took_s:.0f} s)", flush=True)
    for ratio in found.ratios():
        print(f"  {ratio.ours}: {ratio.median:.2f}  {ratio.verdict}")
    return found


def _notes(cases: Sequence[Case]) -> list[str]:
    return ["Their largest cases: " + "; ".join(f"{case.function}: {case.work}" for case in cases) + "."]


@contextmanager
def _others() -> Iterator[list[int]]:
    command = leashed([sys.executable, "-m", "benchmarks.memory.others", str(HOSTS)], death=signal.SIGKILL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:  # noqa: S603  # ourselves
        try:
            assert process.stdout
            yield [int(port) for port in process.stdout.readline().split()]
        finally:
            process.kill()


if __name__ == "__main__":
    main()
