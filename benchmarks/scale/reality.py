"""What was simulated against what happens: processes that really run here, and the same ones simulated."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from benchmarks.queue.teams import OURS
from benchmarks.rounds import machine
from benchmarks.scale.costs import Measured, queue_of
from benchmarks.scale.database import Server, Surroundings, Tables
from benchmarks.scale.processors import Processors, Work
from benchmarks.scale.simulation import Simulation
from tests.support.databases import DatabaseServer

PROCESSES: Final = (1, 2, 4, 8)
# As benchmarks/queue/workers/run_ours.py fills its queue.
_USERS: Final = 100
_OPEN: Final = 2_000


@dataclass(frozen=True)
class Kind:
    """Jobs that really run and are simulated; `in_flight` of each process."""

    name: str
    jobs: int
    takes_s: float
    batch_size: int
    in_flight: int

    def work(self, processes: int, thread_s: float) -> Work:
        """What the simulation is told."""
        limit = self.in_flight * processes
        return Work(self.takes_s, self.batch_size, limit, per_user=_OPEN, thread_s=thread_s, again_s=None, varies=False)

    def options(self, processes: int) -> dict[str, Any]:
        """What the real processes are told."""
        return {
            "batch_size": self.batch_size,
            "max_concurrent_jobs": self.in_flight * processes,
            "per_user_limit": _OPEN,
            "users": _USERS,
            "takes_s": self.takes_s,
        }


KINDS: Final = (
    Kind("jobs that do nothing, 500 at once", 8_000, 0.0, 500, 2_000),
    Kind("jobs that wait 50 ms, 40 in flight of each process", 2_000, 0.05, 20, 40),
)


@dataclass(frozen=True)
class Compared:
    """Jobs a second, simulated and real."""

    kind: str
    processes: int
    simulated: float
    real: float

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "ratio": self.simulated / self.real}


def compare(on: DatabaseServer, measured: Measured, kind: Kind, processes: int) -> Compared:
    """Let so many processes drain a queue, really and simulated."""
    team = replace(OURS, options=kind.options(processes), jobs=kind.jobs, processes=processes)
    return Compared(kind.name, processes, simulate(on, measured, kind, processes), team.rate(on))


def simulate(on: DatabaseServer, measured: Measured, kind: Kind, processes: int) -> float:
    """Return how many jobs a second so many processes would do on this machine."""
    here = Surroundings(
        cores=int(machine()["cores"]),
        round_trip_s=measured.way_s,
        commit_s=measured.commit_s,
        shares_cores=True,
    )
    simulation = Simulation()
    with queue_of(on, kind.jobs, _USERS) as database:
        tables = Tables(Server(simulation, here), database, measured.costs)
        work = kind.work(processes, measured.waiting_thread_s if kind.takes_s else measured.thread_s)
        processors = Processors(simulation, tables, work, random.Random(1))  # noqa: S311
        for number in range(processes):
            processors.begin(f"p{number}", at=0.0)
        simulation.run(3600, stop=lambda: tables.written >= kind.jobs)
        took_s = simulation.now
        simulation.end()
    return kind.jobs / took_s
