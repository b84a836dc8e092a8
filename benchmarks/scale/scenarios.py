"""What is simulated: who works how with what, as it is and with each remedy."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.scale import mails
from benchmarks.scale.costs import Measured, queue_of
from benchmarks.scale.database import Costs, Server, Surroundings, Tables
from benchmarks.scale.figures import Line, percentile
from benchmarks.scale.locks import Callers, Table, Tally
from benchmarks.scale.mails import Senders, Ses
from benchmarks.scale.processors import Processors, Work
from benchmarks.scale.simulation import Simulation, Station
from nightshift.connecting import Address
from nightshift.database import Database
from tests.support.databases import DatabaseServer

WORKERS: Final = (1, 10, 100, 1_000)
# What a shop's system stands on unless it says otherwise: two cores and 4 GB, about 410 connections with RDS' own
# parameters, one availability zone, functions with 1,024 MB of the 1,769 that make a whole processor.
AWS: Final = Surroundings(cores=2, round_trip_s=0.001, commit_s=0.002, connections=410, slowness=1.73)
# Delivery has 512 MB.
_MAILING: Final = replace(AWS, slowness=3.45)
# As docs/puppet-jobs.md counts: what a puppet job takes. The others ask a service that answers soon.
JOB_S: Final = 20.0
SHORT_JOB_S: Final = 2.0
_MOST_OF_A_PROCESSOR: Final = 200
_BATCH: Final = 20
_LARGEST_BATCH: Final = 500
# How many jobs wait in the beginning: more than are done, of users who have one each.
_JOBS: Final = 12_000
_JOBS_OF_FEW: Final = 3_000
# It is counted until so much was done, or so long was computed; at most so long where little happens.
_RESULTS: Final = 250
_LONGEST_S: Final = 3_000.0


@dataclass(frozen=True)
class Claims:
    """One way to have puppet jobs carried out by so many workers, that is, so many at once.

    Attributes:
        job_s: how long a job takes. processors: how many processors there are for so many workers.
        databases: how many queues they are spread over.
        hands_over_s: how long it takes to hand a job to a queue whose readers call back; None: it is waited for.
        again_s: when a processor that has ended is called again.
        in_flight: the limit where it does not grow with the workers.
        warm_up_s: the first seconds, in which everybody comes. least_s: how long it is counted at least.
    """

    name: str
    title: str
    job_s: float = JOB_S
    processors: Callable[[int], int] = lambda workers: workers
    databases: int = 1
    batch_size: int = _BATCH
    hands_over_s: float | None = None
    again_s: float = 60.0
    in_flight: int | None = None
    surroundings: Surroundings = AWS
    workers: Sequence[int] = WORKERS
    warm_up_s: float = 6.0
    least_s: float = 1.0


def _few(workers: int) -> int:
    return -(-workers // _MOST_OF_A_PROCESSOR)


_SHORT: Final = Claims("short", "jobs of 2 s, a processor for each worker", SHORT_JOB_S, warm_up_s=5.0, least_s=4.0)
_FAN_OUT: Final = replace(_SHORT, processors=lambda _: 1, batch_size=_LARGEST_BATCH, hands_over_s=0.02)
CLAIMS: Final = (
    Claims("deployed", "jobs of 20 s, 10 at once as deployed, however many processors", in_flight=10, workers=(1, 100)),
    Claims("long", "jobs of 20 s, a processor for each worker"),
    _SHORT,
    replace(_SHORT, name="few", title="few processors: one for 200 workers", processors=_few, workers=WORKERS[2:]),
    replace(_SHORT, name="shards", title="ten databases on one server, a processor each", databases=10,
            processors=lambda _: 10, workers=WORKERS[2:]),
    replace(_FAN_OUT, name="fan-out", title="fan-out: one processor, called once a minute", workers=WORKERS[2:3],
            least_s=114.0),
    replace(_FAN_OUT, name="fan-out-called", title="fan-out: one processor, called again after a second",
            workers=WORKERS[2:], again_s=1.0),
    replace(_SHORT, name="proxy", title="a processor for each worker, RDS Proxy with 50 connections",
            workers=WORKERS[3:], surroundings=replace(AWS, pool=50), warm_up_s=10.0),
)  # fmt: skip


def claim(on: DatabaseServer, measured: Measured, way: Claims, workers: int, budget_s: float) -> Line:
    """Let so many workers carry out jobs in one way, and return what it came to.

    Once everybody has come, it is computed for `budget_s` at most.
    """
    simulation, server = _server(way.surroundings)
    with ExitStack() as stack:
        jobs = (_JOBS if workers >= WORKERS[-1] else _JOBS_OF_FEW) // way.databases
        tables = [
            Tables(server, stack.enter_context(queue_of(on, jobs, jobs)), measured.costs) for _ in range(way.databases)
        ]
        work = _work(way, workers, measured)
        crews = [Processors(simulation, each, work, random.Random(number)) for number, each in enumerate(tables)]  # noqa: S311
        number_of = max(1, way.processors(workers))
        for number in range(number_of):
            crews[number % way.databases].begin(f"p{number}", at=number / number_of)
        simulation.run(way.warm_up_s)
        for station in (server.cores, server.connections, *(each.turn for each in tables)):
            station.reset()
        for each in tables:
            each.reset()
        simulation.run(way.warm_up_s + way.least_s)
        stop = _enough(lambda: sum(each.written for each in tables), _RESULTS, budget_s)
        simulation.run(way.warm_up_s + _LONGEST_S, stop=stop)
        window_s = simulation.now - way.warm_up_s
        line = _line(workers, way, server, tables, window_s)
        notes = {**line.notes, "refused connections": float(sum(each.failed for each in crews))}
        simulation.end()
    return replace(line, notes=notes)


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


def lock(name_of: Callable[[int], str], callers: int, window_s: float = 4.0) -> Line:
    """Let so many callers each want a lock twice a second, and return what it came to."""
    simulation, table = Simulation(), Table()
    those = Callers(simulation, table, random.Random(1), name_of=name_of, every_s=0.5)  # noqa: S311
    for number in range(callers):
        those.begin(number)
    simulation.run(1.5)
    those.tally = Tally()
    simulation.run(1.5 + window_s)
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


LOCKS: Final[Mapping[str, Callable[[int], str]]] = {
    "all want the lock of one job": lambda _: "job",
    "each wants a lock named after its data": lambda number: f"item:{number}",
}


@dataclass(frozen=True)
class Mailing:
    """Senders with one lock or one each, and what SES allows."""

    title: str
    senders: int
    ses: Ses
    per_second: int
    has_own_lock: bool = False


MAILINGS: Final = (
    *(Mailing("as it is: one lock, 10 a second", senders, Ses(14), 10) for senders in WORKERS),
    Mailing("the three jobs that send, 10 a second each", 3, Ses(14), 10, has_own_lock=True),
    Mailing("the three jobs that send, 4 a second each", 3, Ses(14), 4, has_own_lock=True),
    Mailing("ten senders with locks of their own, SES at 100 a second", 10, Ses(100), 10, has_own_lock=True),
)


class Post:
    """One database full of news, from which all mailings take."""

    def __init__(self, on: DatabaseServer, url: str, people: int) -> None:
        mails.fill(on, url, people)
        address = Address.from_url(url)
        self._database = Database(lambda **_: address)

    def close(self) -> None:
        """Leave the database."""
        self._database.close()

    def send(self, way: Mailing, budget_s: float, mails_each: int = 60) -> Line:
        """Let senders send for a minute or so, and return what it came to."""
        simulation, server = _server(_MAILING)
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
        simulation.run(2.0)
        refused = senders.refused
        senders.reset()
        server.cores.reset()
        working = way.senders if way.has_own_lock else 1
        simulation.run(62.0, stop=_enough(lambda: senders.sent, working * mails_each, budget_s))
        window_s = simulation.now - 2.0
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


def _enough(count: Callable[[], int], wanted: int, budget_s: float) -> Callable[[], bool]:
    until = time.perf_counter() + budget_s
    return lambda: count() >= wanted or time.perf_counter() > until
