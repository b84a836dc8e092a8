"""What a run costs whose job does nothing: lock, fence, record, log, metrics, release; against the bare least of it.

`python -m benchmarks.shared_path [--rounds 5]`. Warm processes of both answer event after event, as they are shipped.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, Final
from unittest import mock

from benchmarks.ground import Ground, ground
from benchmarks.handlers.nothing import handler
from benchmarks.lambdas import Process, own, runtime_python, versions
from benchmarks.rounds import ROUNDS, Comparison, Contender, Goal, Growth, compare, grow, save
from benchmarks.server import version
from nightshift.platform import platform
from nightshift.sql import queries
from nightshift.wire import LastResultConnection

EVENTS: Final = 60
_BARE: Final = "bare handler"
_SQL: Final = queries("benchmarks", "history.sql")
# Statements that only say where a transaction begins and ends, and how long it may wait.
_AROUND: Final = frozenset({"BEGIN", "SET", "COMMIT"})


def median_ms(process: Process, event: Any, before: Callable[[], object] = lambda: None, events: int = EVENTS) -> float:
    """Return the median of how long a warm process takes for an event; `before` each, something may be put right."""
    took = []
    for _ in range(events):
        before()
        took.append(process.answer(event).ms)
    return statistics.median(took)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/path.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    python = runtime_python()
    with ground() as around, tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        ours, bare = (
            stack.enter_context(own(Path(folder), name, python, around.environment).started(python))
            for name in ("nothing.handler", "bare.run")
        )
        compared = [_time(ours, bare, rounds), *_counts(around)]
        growth = _growth(around, ours)
        save("path", compared, {**versions(python), "postgresql": version(around.on)}, growth=[growth.document()])


def _time(ours: Process, bare: Process, rounds: int) -> Comparison:
    contenders = [Contender(name, partial(median_ms, process, {}), rounds) for name, process in
                  (("Nightshift", ours), (_BARE, bare))]  # fmt: skip
    title = f"A run with an empty body, from its event to its answer: the median of {EVENTS}"
    return compare(title, contenders, unit="ms", goals=(Goal("Nightshift", _BARE),), rounds=rounds)


def _counts(around: Ground) -> Iterator[Comparison]:
    requests, messages, statements = _count(around)
    yield _bounded("Requests to DynamoDB for a run", "requests", requests, at_most=2)
    yield _bounded("Messages to PostgreSQL for a run, each with its answer", "messages", messages, at_most=4)
    worked = sum(many for tag, many in statements.items() if tag not in _AROUND)
    yield _bounded("Statements in them, without BEGIN, COMMIT and time-outs", "statements", worked, at_most=4)


def _bounded(title: str, unit: str, figure: float, at_most: float) -> Comparison:
    contenders = [Contender("Nightshift", lambda: figure), Contender("as many as there may be", lambda: at_most)]
    goal = Goal("Nightshift", "as many as there may be", at_most=1)
    return compare(title, contenders, unit=unit, goals=(goal,), rounds=1)


def _count(around: Ground) -> tuple[int, int, Mapping[str, int]]:
    """Return what a second run of this process asks for: requests, messages, and statements by their tags."""
    with (
        mock.patch.dict(os.environ, around.environment),
        Path(os.devnull).open("w") as nowhere,
        redirect_stdout(nowhere),
        _counted_statements() as statements,
    ):
        handler({}, None)
        requests: list[str] = []
        platform().client("dynamodb").meta.events.register("before-send", lambda **_: requests.append(""))
        messages = platform().database.round_trips
        statements.clear()
        handler({}, None)
        counted = len(requests), platform().database.round_trips - messages, Counter(statements)
        platform().database.close()
    return counted


@contextmanager
def _counted_statements() -> Iterator[Counter[str]]:
    tags: Counter[str] = Counter()
    known = LastResultConnection.handle_COMMAND_COMPLETE

    def count(self: Any, data: bytes, context: Any) -> None:
        tags[data.split()[0].rstrip(b"\x00").decode()] += 1
        known(self, data, context)

    with mock.patch.object(LastResultConnection, "handle_COMMAND_COMPLETE", count):
        yield tags


def _growth(around: Ground, ours: Process) -> Growth:
    def cost(runs: int) -> float:
        with closing(around.on.connect(around.database)) as connection:
            connection.run("DELETE FROM job_runs")
            connection.run(_SQL["fill_runs"], runs=runs, jobs=["nothing"])
            connection.run("VACUUM ANALYZE job_runs")
        return median_ms(ours, {})

    return grow("Runs of the job that are recorded already", "ms a run", (1_000, 10_000, 100_000), cost, rounds=1)


if __name__ == "__main__":
    main()
