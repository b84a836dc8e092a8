"""The long form of the lock's proof: `make lock-proof`, or `python -m tests.lock.prove [--histories N] [--rounds N]`.

Histories of the code as it is, on the table in memory, on moto's server and on dynalite where there is Node; the same
with every mistake, which must be found; and races of eight processes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.aws import AwsServices
from tests.integration.library.lossy_door import LossyDoor
from tests.lock import emulators, races
from tests.lock.mutants import AS_IT_IS, FURTHER, LAST, NINE
from tests.lock.proof import Found, Proof, proof
from tests.support import databases

# A mistake is found within about a hundred histories; this many without it mean that it is not found.
ENOUGH = 1_000
LOST = 0.2


class Report:
    """Prints a line for each part and remembers what went wrong."""

    def __init__(self) -> None:
        self.wrong = 0
        self._started = time.monotonic()

    def line(self, what: str, came_of_it: str, *, fine: bool) -> None:
        """One part and what came of it."""
        seconds, self._started = time.monotonic() - self._started, time.monotonic()
        self.wrong += not fine
        print(f"  {what:<42} {seconds:6.1f} s  {came_of_it}{'' if fine else '  WRONG'}", flush=True)


def search(report: Report, proven: Proof, endpoint: str, histories: int) -> None:
    """The code as it is, on every table there is."""
    report.line("the start", "PostgreSQL and moto's server", fine=True)
    tell(report, "in memory", proven.look(AS_IT_IS, histories, afresh=True, shrink=True))
    few = max(1, histories // 40)
    moto = emulators.table_at(endpoint)
    tell(report, "on moto, one request at a time", proven.look(AS_IT_IS, few, table=moto, afresh=True, shrink=True))
    if lacking := emulators.install_dynalite():
        report.line("on dynalite", f"left out: {lacking}", fine=True)
        return
    with emulators.dynalite() as table:
        tell(report, "on dynalite", proven.look(AS_IT_IS, few, table=table, afresh=True, shrink=True))


def tell(report: Report, what: str, found: Found) -> None:
    """What a search of the code as it is came to: nothing may be found."""
    report.line(what, f"{found.histories} histories, {found.broken or 'no claim broken'}", fine=not found.broken)
    print(found.history, end="", flush=True)


def search_mistakes(report: Report, proven: Proof) -> None:
    """The code with each mistake: a claim must be broken."""
    for mutant in (*NINE, *FURTHER, *LAST):
        found = proven.look(mutant, ENOUGH, afresh=True)
        said = f"{found.histories} histories until: {found.broken}" if found.broken else "not found"
        report.line(mutant.name, said, fine=bool(found.broken))


def race(report: Report, endpoint: str, rounds: int) -> None:
    """Eight processes, with all answers and with a fifth of them lost."""
    table = emulators.table_at(endpoint)
    with races.racers() as racers, lossy(endpoint) as door:
        for what, way in ((f"{races.RACERS} processes", endpoint), (f"{LOST:.0%} of the answers lost", door.endpoint)):
            course = races.Course(racers, table, way)
            faults = course.run(rounds)
            said = f"{rounds} rounds, {course.fence} acquisitions, {course.unavailable} without any answer"
            report.line(what, "; ".join([said, *faults[:3]]), fine=not faults)
        report.line("the proxy", f"{door.lost} of {door.seen} answers lost", fine=door.lost > 0)


@contextmanager
def lossy(endpoint: str) -> Iterator[LossyDoor]:
    """A way to the table on which answers get lost."""
    door = LossyDoor(endpoint)
    door.share = LOST
    door.start()
    try:
        yield door
    finally:
        door.stop()


@contextmanager
def aws() -> Iterator[str]:
    """The address of moto's server."""
    with tempfile.TemporaryDirectory() as folder:
        services = AwsServices(Path(folder) / "server.log")
        services.start()
        try:
            yield services.endpoint
        finally:
            services.stop()


def main() -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="make lock-proof")
    parser.add_argument("--histories", type=int, default=2_000, help="of the code as it is, in memory")
    parser.add_argument("--rounds", type=int, default=150, help="of each race")
    options = parser.parse_args()
    report = Report()
    made: Any
    with aws() as endpoint, databases.database_server() as server, server.database() as url, proof(url) as made:
        search(report, made, endpoint, options.histories)
        search_mistakes(report, made)
        race(report, endpoint, options.rounds)
    print("  every claim holds" if not report.wrong else f"  {report.wrong} parts went wrong")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
