"""The most memory that each function takes at its largest, against what the template gives it.

`python -m benchmarks.memory.peaks`. The shipped function works under the real runtime client; what counts is the
highest resident size of its process, which Linux keeps. One round is enough, and two functions work side by side: time
plays no part in it.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from benchmarks.ground import Ground, ground
from benchmarks.lambdas import ROOT, FunctionFailedError, runtime_python, versions
from benchmarks.memory.cases import HOSTS, LINES, Case, Place
from benchmarks.rounds import Comparison, Goal, save
from benchmarks.server import server, version
from local.leash import leashed

# The part of a function's memory that its largest case may take.
MOST: Final = 0.6
_GIVEN: Final = "{} in the template"
_TITLE: Final = "The most memory at the largest case"


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
    if refused or answer.get("processed", 0) < case.least:
        raise FunctionFailedError(f"{case.function} did less than its largest case: {str(answer)[:500]}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/memory.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="is not looked at")
    parser.add_argument("--only", default="", help="one function, where what others leave is not needed")
    only = parser.parse_args(arguments).only
    python = runtime_python()
    print(f"\n{_TITLE}", flush=True)
    with ThreadPoolExecutor(len(LINES)) as pool:
        lines = [pool.submit(_line, cases, only, python) for cases in LINES]
        peaks = [peak for line in lines for peak in line.result()]
    found = _compared(peaks)
    for ratio in found.ratios():
        print(f"  {ratio.ours}: {ratio.median:.2f}  {ratio.verdict}")
    if not only:
        with server() as on:
            database = version(on)
        save("memory", [found], {**versions(python), "postgresql": database}, notes=_notes())


@dataclass(frozen=True)
class _Peak:
    function: str
    mb: float
    given_mb: int


def _line(cases: Sequence[Case], only: str, python: str) -> list[_Peak]:
    """Measure one case after the other, on a ground of their own."""
    wanted = [case for case in cases if only in ("", case.function)]
    if not wanted:
        return []
    with ExitStack() as stack:
        around = stack.enter_context(ground())
        connection = stack.enter_context(closing(around.on.connect(around.database)))
        place = Place(connection, stack.enter_context(_others()))
        return [_peak(around, case, place, python) for case in wanted]


def _peak(around: Ground, case: Case, place: Place, python: str) -> _Peak:
    started = time.monotonic()
    peak = _Peak(case.function, peak_mb(around, case, place, python), around.functions[case.function].memory_mb)
    took_s = time.monotonic() - started
    print(f"  {case.function}: {peak.mb:.0f} of {peak.given_mb} MB ({case.work}; {took_s:.0f} s)", flush=True)
    return peak


def _compared(peaks: Sequence[_Peak]) -> Comparison:
    goals = [Goal(each.function, _GIVEN.format(each.function), at_most=MOST) for each in peaks]
    found = Comparison(_TITLE, "MB", goals, ours=[each.function for each in peaks])
    for each in peaks:
        found.figures |= {each.function: [each.mb], _GIVEN.format(each.function): [each.given_mb]}
    return found


def _notes() -> list[str]:
    cases = [case for line in LINES for case in line]
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
