"""The door, warm: a trigger that is let in, two that are refused, and the dashboard's first page with many jobs.

`python -m benchmarks.door [--rounds 5]`. The shipped function answers under the real runtime client; a figure is from
the event that API Gateway would send to the answer. Beside it are handlers that do the least of it, without rules.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.aws import SECRET
from benchmarks.ground import Ground, ground
from benchmarks.handlers import many_jobs
from benchmarks.lambdas import Process, handlers, own, runtime_python, versions
from benchmarks.rounds import ROUNDS, Comparison, Contender, Goal, Growth, compare, grow, save
from benchmarks.server import version
from benchmarks.shared_path import median_ms
from nightshift.sql import queries
from tests.support.door import event

RUNS: Final = 10_000
_PAGES: Final = 20
_JOB: Final = "cleanup-reservations"
_OURS: Final = "Nightshift"
_BARE: Final = "bare handler"
_LET_IN: Final = {"X-Job-Secret": SECRET}
_TRIGGER: Final = event("POST", f"/api/jobs/{_JOB}", _LET_IN)
_STRANGER: Final = event("POST", f"/api/jobs/{_JOB}", {"X-Job-Secret": "a guess"})
_PAGE: Final = event("GET", "/", _LET_IN)
_SQL: Final = queries("benchmarks", "history.sql")


@dataclass(frozen=True)
class _Doors:
    """The processes that answer."""

    around: Ground
    ours: Process
    many: Process
    bare: Mapping[str, Process]

    def compared(self, rounds: int) -> list[Comparison]:
        """Let ours and the bare handlers answer the same."""
        each = [
            ("A trigger that is let in: 202", _TRIGGER, 202, "accept", self._free, self._free),
            ("A trigger with a wrong secret: 401", _STRANGER, 401, "refuse", _nothing, _nothing),
            ("A trigger while the job is at work: 429", _TRIGGER, 429, "busy", self._hold, _nothing),
        ]
        compared = []
        for title, asked, status, bare, prepare, before in each:
            prepare()
            _expect(self.ours, asked, status)
            measures = {
                _OURS: partial(median_ms, self.ours, asked, before),
                _BARE: partial(median_ms, self.bare[bare], {}, before),
            }
            compared.append(_compare(title, measures, rounds))
        return compared

    def page(self, rounds: int) -> Comparison:
        """Compare the first page of the dashboard with one that only lists."""
        title = f"The dashboard's first page: {many_jobs.JOBS_IN_ALL} jobs, {RUNS:,} runs"
        fill(self.around, RUNS)
        _expect(self.many, _PAGE, 200)
        measures = {
            _OURS: partial(median_ms, self.many, _PAGE, events=_PAGES),
            _BARE: partial(median_ms, self.bare["page"], {}, events=_PAGES),
        }
        return _compare(title, measures, rounds)

    def growth(self) -> Growth:
        """Show what a page costs the more runs there are."""

        def cost(runs: int) -> float:
            fill(self.around, runs)
            return median_ms(self.many, _PAGE, events=_PAGES)

        title = f"Runs that are recorded, of {many_jobs.JOBS_IN_ALL} jobs"
        return grow(title, "ms a page", (RUNS // 10, RUNS, RUNS * 10), cost, rounds=1)

    def _free(self) -> None:
        for lock in (_JOB, "bare"):
            self.around.free(lock)

    def _hold(self) -> None:
        for lock in (_JOB, "bare"):
            self.around.hold(lock)


def fill(around: Ground, runs: int) -> None:
    """Leave exactly so many runs of all jobs in the records."""
    with closing(around.on.connect(around.database)) as connection:
        connection.run("TRUNCATE job_runs")
        connection.run(_SQL["fill_runs"], runs=runs, jobs=list(many_jobs.NAMES))
        connection.run("VACUUM ANALYZE job_runs")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/door.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    python = runtime_python()
    with ground() as around, tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        doors = _open(around, Path(folder), python, stack)
        compared = [*doors.compared(rounds), doors.page(rounds)]
        growth = doors.growth()
        save("door", compared, {**versions(python), "postgresql": version(around.on)}, growth=[growth.document()])


def _open(around: Ground, folder: Path, python: str, stack: ExitStack) -> _Doors:
    shipped = around.functions["Api"]
    many = replace(shipped, handler="many_jobs.handler", layers=(*shipped.layers, handlers(folder, python)))
    bare = {name: own(folder, f"bare.{name}", python, around.environment) for name in
            ("accept", "refuse", "busy", "page")}  # fmt: skip
    ours, with_many = (stack.enter_context(each.started(python)) for each in (shipped, many))
    return _Doors(
        around, ours, with_many, {name: stack.enter_context(each.started(python)) for name, each in bare.items()}
    )


def _compare(title: str, measures: Mapping[str, Callable[[], float]], rounds: int) -> Comparison:
    contenders = [Contender(name, measure, rounds) for name, measure in measures.items()]
    return compare(title, contenders, unit="ms", goals=(Goal(_OURS, _BARE),), rounds=rounds)


def _expect(process: Process, asked: Any, status: int) -> None:
    answered = process.answer(asked).body
    if answered["statusCode"] != status:
        raise RuntimeError(f"the door answered {answered['statusCode']} instead of {status}: {answered['body'][:300]}")


def _nothing() -> None:
    """Nothing has to be put right before the next event."""


if __name__ == "__main__":
    main()
