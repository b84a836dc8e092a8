"""What the simulation begins with: what claims, results, commits and threads cost on this machine, measured now."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from benchmarks.scale.database import Costs, cpu_clock
from nightshift.connecting import Address
from nightshift.database import Database
from puppet import store
from puppet.executing import Done
from puppet.store import ClaimedJob, Limits, Result
from puppet.threads import Task, Threads
from tests.support.databases import DatabaseServer

FILL: Final = """
    INSERT INTO puppet_jobs (user_id, job_type, payload, scheduled_at)
    SELECT 'user-' || g % :users, 'nothing', '{"n": 1}', now() - interval '1 hour' + g * interval '1 ms'
    FROM generate_series(1, :jobs) AS g
"""
_TIMES: Final = 5
_MANY: Final = 500
# Nobody is hindered by these.
_OPEN: Final = 20_000


@dataclass(frozen=True)
class Measured:
    """The costs of this machine, in seconds of one core but for the commit and the way there and back.

    Attributes:
        commit_s: how long a commit waits for the disk. way_s: what a message takes besides what is computed.
        complete_one_s, complete_many_s: writing one result, and 500.
        claims_s: a claim, by (jobs taken, jobs in flight of as many users).
        thread_s, waiting_thread_s: what a thread computes for each job, one that does nothing and one that waits.
    """

    commit_s: float
    way_s: float
    complete_one_s: float
    complete_many_s: float
    claims_s: Mapping[tuple[int, int], float]
    thread_s: float
    waiting_thread_s: float

    @property
    def costs(self) -> Costs:
        """Them as the simulated database needs them."""
        each = max(0.0, self.complete_many_s - self.complete_one_s) / (_MANY - 1)
        return Costs(max(0.0, self.complete_one_s - each), each)


@contextmanager
def queue_of(on: DatabaseServer, jobs: int, users: int, *, durable: bool = True) -> Iterator[Database]:
    """A fresh database with so many jobs that are due, left as autovacuum would.

    Where it need not be durable, nobody really waits for the disk: how long a commit does is told to the simulation.
    """
    with on.database() as url:
        name = url.rpartition("/")[2]
        if not durable:
            on.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        with closing(on.connect(name)) as connection:
            connection.run(FILL, jobs=jobs, users=users)
            connection.run("VACUUM ANALYZE")
        address = Address.from_url(url)
        with closing(Database(lambda **_: address)) as database:
            yield database


def measure(on: DatabaseServer, in_flight: Sequence[int] = (0, 100, 1000)) -> Measured:
    """Measure all of it, in some seconds."""
    with queue_of(on, 10_000, 10_000) as database:
        clock = cpu_clock(backend_of(database))
        commit_s, way_s = _waits(database, clock)
        store.register(database, "p")
        claims: dict[tuple[int, int], float] = {}
        completions: dict[int, float] = {}
        held = 0
        for target in in_flight:
            while held < target:
                held += len(_claim(database, min(_MANY, target - held)))
            for batch in (1, 20, _MANY):
                claims[batch, target], completed_s = _claim_and_complete(database, clock, batch)
                completions.setdefault(batch, completed_s)
    return Measured(commit_s, way_s, completions[1], completions[_MANY], claims, thread_s(0.0), thread_s(0.001))


def backend_of(database: Database) -> int:
    """Return the process of the server that answers this connection."""
    return int(database.read("SELECT pg_backend_pid() AS pid")[0]["pid"])


def thread_s(takes_s: float, jobs: int = 2_000) -> float:
    """Return what it costs to have one job carried out by a thread, which does nothing but wait so long."""

    def carry_out(_: ClaimedJob) -> Done:
        if takes_s:
            time.sleep(takes_s)
        return Done()

    threads = Threads(carry_out)
    tasks = [Task(_job()) for _ in range(jobs)]
    began_s, ended = time.process_time(), 0
    threads.submit(tasks, 50)
    while ended < jobs:
        ended += len(threads.collect(1.0))
    took_s = time.process_time() - began_s
    threads.close()
    return took_s / jobs


def _claim_and_complete(database: Database, clock: Callable[[], float], batch: int) -> tuple[float, float]:
    claimed_s, completed_s = [], []
    for _ in range(_TIMES):
        began_s = clock()
        jobs = _claim(database, batch)
        claimed_s.append(clock() - began_s)
        results = [Result(job.id, job.token, "success", duration_ms=1) for job in jobs]
        began_s = clock()
        store.complete(database, "p", results)
        completed_s.append(clock() - began_s)
    return statistics.median(claimed_s), statistics.median(completed_s)


def _claim(database: Database, batch: int) -> tuple[ClaimedJob, ...]:
    return store.claim(database, "p", uuid4(), Limits(batch, _OPEN, 2, 300)).jobs


def _waits(database: Database, clock: Callable[[], float]) -> tuple[float, float]:
    """Return what passes that nobody computes: at a commit, and on the way there and back."""
    database.write("CREATE TABLE scale_commits (n integer)")
    way_s = _idle_s(clock, lambda: database.read("SELECT 1"))
    commit_s = _idle_s(clock, lambda: database.write("INSERT INTO scale_commits VALUES (1)"))
    return max(0.0, commit_s - way_s), way_s


def _idle_s(clock: Callable[[], float], send: Callable[[], Any]) -> float:
    found = []
    for _ in range(40):
        began_s, computed_s = time.perf_counter(), clock() + time.thread_time()
        send()
        found.append(time.perf_counter() - began_s - (clock() + time.thread_time() - computed_s))
    return max(0.0, statistics.median(found))


def _job() -> ClaimedJob:
    return ClaimedJob(uuid4(), "u", "nothing", {}, 1, 3, uuid4(), uuid4(), datetime.now(UTC), 0)
