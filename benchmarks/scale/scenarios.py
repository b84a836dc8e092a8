"""One way to work, simulated with so many workers, and what it came to."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from benchmarks.scale import mails
from benchmarks.scale.costs import Measured, queue_of
from benchmarks.scale.database import Costs, Server, Surroundings, Tables
from benchmarks.scale.figures import Line, percentile
from benchmarks.scale.locks import Callers, Table, Tally
from benchmarks.scale.mails import Senders
from benchmarks.scale.processors import Processors, Work
from benchmarks.scale.simulation import Simulation, Station
from benchmarks.scale.ways import MAILING, WORKERS, Claims, Mailing
from nightshift.connecting import Address
from nightshift.database import Database
from tests.support.databases import DatabaseServer

# How many jobs wait in the beginning: more than are done, of users who have one each.
_JOBS: Final = 12_000
_JOBS_OF_FEW: Final = 3_000
# It is counted until so much was done, or so much at least and so long was computed.
_RESULTS: Final = 250
_LEAST_RESULTS: Final = 120
_LONGEST_S: Final = 3_000.0
_LOCK_WARM_UP_S: Final = 1.5
# Until what SES lets through at first besides its rate is gone.
_MAIL_WARM_UP_S: Final = 4.0


def claim(on: DatabaseServer, measured: Measured, way: Claims, workers: int, budget_s: float) -> Line:
    """Let so many workers carry out jobs in one way, and return what it came to.

    Once everybody has come, it is computed for `budget_s` at most.
    """
    simulation, server = _server(way.surroundings)
    with ExitStack() as stack:
        jobs = (_JOBS if workers >= WORKERS[-1] else _JOBS_OF_FEW) // way.databases
        tables = [
            Tables(server, stack.enter_context(queue_of(on, jobs, jobs, durable=False)), measured.costs)
            for _ in range(way.databases)
        ]
        crews = _come(simulation, tables, way, _work(way, workers, measured), max(1, way.processors(workers)))
        window_s = _count(simulation, server, tables, way, budget_s)
        if not all(each.has_jobs() for each in tables):
            raise RuntimeError(f"{way.name}, {workers} workers: too few jobs were put in")
        line = _line(workers, way, server, tables, window_s)
        simulation.end()
    return replace(line, notes={**line.notes, "refused connections": float(sum(each.failed for each in crews))})


def _come(
    simulation: Simulation, tables: Sequence[Tables], way: Claims, work: Work, processors: int
) -> list[Processors]:
    """Let everybody come in the first second."""
    crews = [Processors(simulation, each, work, random.Random(number)) for number, each in enumerate(tables)]  # noqa: S311
    for number in range(processors):
        crews[number % way.databases].begin(f"p{number}", at=number / processors)
    return crews


def _count(simulation: Simulation, server: Server, tables: Sequence[Tables], way: Claims, budget_s: float) -> float:
    """Go through the first seconds, then count; return for how long it was counted."""
    simulation.run(way.warm_up_s)
    for station in (server.cores, server.connections):
        station.reset()
    for each in tables:
        each.reset()
    simulation.run(way.warm_up_s + way.least_s)
    stop = _enough(lambda: sum(each.written for each in tables), _LEAST_RESULTS, _RESULTS, budget_s)
    simulation.run(way.warm_up_s + _LONGEST_S, stop=stop)
    return simulation.now - way.warm_up_s


def _work(way: Claims, workers: int, measured: Measured) -> Work:
    in_flight = way.in_flight or max(1, workers // way.databases)
    return Work(
        way.job_s,
        way.batch_size,
        in_flight,
        hands_over_s=way.hands_over_s,
        thread_s=measured.waiting_thread_s,
        again_s=way.again_s,
    )


def _line(workers: int, way: Claims, server: Server, tables: Sequence[Tables], window_s: float) -> Line:
    turns = [each.turn for each in tables]
    stations: dict[str, Sequence[Station]] = {"claim lock": turns, "database cores": [server.cores]}
    if way.surroundings.pool:
        stations["connections"] = [server.connections]
    busy = {name: max(each.utilisation for each in those) for name, those in stations.items()}
    busiest = stations[max(busy, key=lambda name: busy[name])]
    waits_s = [wait_s for each in busiest for wait_s in each.waits_s]
    written = sum(each.written for each in tables)
    ideal = (way.in_flight or workers) / way.job_s
    notes = {
        "claims a second": sum(each.claims for each in tables) / window_s,
        "turns given up a second": sum(each.given_up for each in turns) / window_s,
        "most connections": float(server.connections.most),
    }
    if way.hands_over_s is not None:
        # Each job is written twice: that it was handed over, and what became of it.
        written = round(written / 2)
    return Line(workers, written / window_s, ideal, busy, percentile(waits_s, 0.5), percentile(waits_s, 0.99), notes)


def lock(name_of: Callable[[int], str], callers: int, window_s: float = 2.5) -> Line:
    """Let so many callers each want a lock twice a second, and return what it came to."""
    simulation, table = Simulation(), Table()
    those = Callers(simulation, table, random.Random(1), name_of=name_of, every_s=0.5)  # noqa: S311
    for number in range(callers):
        those.begin(number)
    simulation.run(_LOCK_WARM_UP_S)
    those.tally = Tally()
    simulation.run(_LOCK_WARM_UP_S + window_s)
    tally = those.tally
    simulation.end()
    hottest = max(tally.requests.values(), default=0) / window_s
    asked = tally.rounds + tally.refused + tally.unavailable
    notes = {
        "requests a second to the hottest item": hottest,
        "throttled": tally.throttled / max(1, sum(tally.requests.values())),
        "rounds a second": tally.rounds / window_s,
        "no answer": tally.unavailable / max(1, asked),
    }
    answered = (tally.rounds + tally.refused) / window_s
    busy = {
        "lock item": min(1.0, hottest / table.writes_per_second),
        "lock table": sum(tally.requests.values()) / window_s / table.account_writes_per_second,
    }
    waits_s = tally.answers_s
    return Line(callers, answered, callers * 2.0, busy, percentile(waits_s, 0.5), percentile(waits_s, 0.99), notes)


class Post:
    """One database full of news, from which all mailings take."""

    def __init__(self, on: DatabaseServer, url: str, people: int) -> None:
        mails.fill(on, url, people)
        on.execute(f"ALTER DATABASE {url.rpartition('/')[2]} SET synchronous_commit = off")
        address = Address.from_url(url)
        self._database = Database(lambda **_: address)

    def close(self) -> None:
        """Leave the database."""
        self._database.close()

    def send(self, way: Mailing, budget_s: float, mails_each: int = 60) -> Line:
        """Let senders send for a minute or so, and return what it came to."""
        simulation, server = _server(MAILING)
        tables = Tables(server, self._database, Costs())
        locks = Callers(simulation, Table(), random.Random(1), name_of=str).locks  # noqa: S311
        senders = Senders(
            tables,
            locks,
            way.ses,
            random.Random(2),  # noqa: S311
            per_second=way.per_second,
            # Ids of runs that were broken off stay in the fence: names that were not used before.
            lock_of=lambda number: f"{way.title} {way.senders} {number if way.has_own_lock else 0}",
        )
        for number in range(way.senders):
            senders.begin(number)
        simulation.run(_MAIL_WARM_UP_S)
        refused = senders.refused
        senders.reset()
        server.cores.reset()
        working = way.senders if way.has_own_lock else 1
        simulation.run(_MAIL_WARM_UP_S + 60.0, stop=_enough(lambda: senders.sent, 0, working * mails_each, budget_s))
        window_s = simulation.now - _MAIL_WARM_UP_S
        busy = {"SES rate": senders.sent / window_s / way.ses.per_second, "database cores": server.cores.utilisation}
        notes = {
            "throttled a second": senders.throttled / window_s,
            "senders that gave up": float(senders.stopped),
            "senders refused by the lock": float(refused),
        }
        simulation.end()
        ideal = float(working * way.per_second)
        return Line(way.senders, senders.sent / window_s, ideal, busy, 0.0, 0.0, notes)


def _server(surroundings: Surroundings) -> tuple[Simulation, Server]:
    simulation = Simulation()
    return simulation, Server(simulation, surroundings)


def _enough(count: Callable[[], int], least: int, wanted: int, budget_s: float) -> Callable[[], bool]:
    until = time.perf_counter() + budget_s

    def is_enough() -> bool:
        counted = count()
        return counted >= wanted or (counted >= least and time.perf_counter() > until)

    return is_enough
