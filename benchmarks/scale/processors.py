"""Puppet processors by the thousand: processor, crew and queue as they are; only threads and time are not."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from benchmarks.scale.database import Client, Tables
from benchmarks.scale.simulation import Simulation
from nightshift.database import Database
from nightshift.errors import DatabaseError
from nightshift.telemetry import logger
from puppet import processing, store
from puppet.configuration import Configuration, configuration_of, read_configuration
from puppet.crew import Crew
from puppet.executing import Accepted, Done, JobType
from puppet.processing import Hooks
from puppet.screening import Screen
from puppet.store import ClaimedJob, Result
from puppet.threads import Task, Threads

# What a run of the processor has at most.
_RUN_S = 900.0
JOB_TYPE = "nothing"


@dataclass(frozen=True)
class Work:
    """What the jobs are, and how many of them may be at work.

    Attributes:
        takes_s: how long a job takes; exponentially distributed where it `varies`.
        batch_size, in_flight, per_user: the limits of the queue.
        hands_over_s: how long it takes to hand a job to a worker that calls back later; None: it is waited for.
        thread_s: what a thread of a processor computes for each job.
        again_s: a processor that has ended is called again after so long, as the schedule does; None: it is not.
    """

    takes_s: float
    batch_size: int
    in_flight: int
    per_user: int = 2
    hands_over_s: float | None = None
    thread_s: float = 0.0
    again_s: float | None = 60.0
    varies: bool = True

    @property
    def configuration(self) -> Configuration:
        """It as the processor's configuration."""
        return replace(
            configuration_of(None, {}),
            batch_size=self.batch_size,
            max_concurrent_jobs=self.in_flight,
            per_user_limit=self.per_user,
        )


def durations(chance: random.Random, number: int = 20) -> list[float]:
    """Return exponentially distributed durations whose mean is near 1: one of each twentieth, in any order.

    Drawn independently, their mean would swing so much that little could be said after a hundred jobs.
    """
    drawn = [-math.log1p(-(place + chance.random()) / number) for place in range(number)]
    chance.shuffle(drawn)
    return drawn


class Processors:
    """Processors that share the jobs of one database."""

    def __init__(self, simulation: Simulation, tables: Tables, work: Work, chance: random.Random) -> None:
        self.simulation = simulation
        self.tables = tables
        self.work = work
        self.chance = chance
        self.failed = 0
        self._durations: list[float] = []

    def begin(self, name: str, at: float) -> None:
        """Let one more come at that moment."""
        self.simulation.spawn(lambda: self._live(name), at=at)

    def _live(self, name: str) -> None:
        self._run(name)
        while self.work.again_s is not None:
            self.simulation.sleep(self.work.again_s)
            self._run(name)

    def _run(self, name: str) -> None:
        client = Client(self.tables)
        database = cast("Database", client)
        try:
            self._processor(name, database).work()
        except DatabaseError:
            self.failed += 1
        finally:
            client.close()

    def _processor(self, name: str, database: Database) -> Any:
        configuration, log = self.work.configuration, logger("scale")
        job_types = {JOB_TYPE: JobType(self._carry_out)}

        def reread() -> Configuration:
            read_configuration(database, {})
            return configuration

        hooks = Hooks(reread=reread, monotonic=self._now, log=log)
        crew = _Crew(self, job_types, configuration.job_timeout_s, log)
        deadline = self.simulation.now + _RUN_S
        return processing._Processor(  # noqa: SLF001  # `process` would begin threads
            database, name, configuration, crew, Screen(database, job_types), deadline, hooks, log
        )

    def _now(self) -> float:
        return self.simulation.now

    def _carry_out(self, job: ClaimedJob, _timeout_s: float) -> Done | Accepted:
        if self.work.hands_over_s is None:
            return Done()
        self.simulation.spawn(lambda: self._call_back(job), at=self._takes_s())
        return Accepted()

    def _call_back(self, job: ClaimedJob) -> None:
        """What the door does when a worker calls back, on the connection of one of its processes."""
        client = Client(self.tables)
        try:
            store.complete_later(cast("Database", client), Result(UUID(str(job.id)), job.token, "success"))
        except DatabaseError:
            self.failed += 1
        finally:
            client.close()

    def _takes_s(self) -> float:
        if not self.work.varies:
            return self.work.takes_s
        if not self._durations:
            self._durations = durations(self.chance)
        return self.work.takes_s * self._durations.pop()

    def begun(self, task: Task, carry_out: Callable[[Task], None]) -> None:
        """Let a thread have ended a task when it will have."""
        takes_s = self._takes_s() if self.work.hands_over_s is None else self.work.hands_over_s
        self.simulation.call(takes_s, lambda: carry_out(task))


class _Crew(Crew):
    """The crew, whose threads are events."""

    def __init__(self, processors: Processors, job_types: Any, timeout_s: float, log: Any) -> None:
        simulation = processors.simulation
        super().__init__(job_types, timeout_s, log, monotonic=lambda: simulation.now)
        self._threads = _Threads(processors, self._carry_out)


class _Threads(Threads):
    def __init__(self, processors: Processors, carry_out: Callable[[ClaimedJob], Any]) -> None:
        simulation = processors.simulation
        super().__init__(carry_out, monotonic=lambda: simulation.now)
        self._processors = processors
        self._simulation = simulation
        self._ended: list[Task] = []
        self._wake: Callable[[], None] | None = None

    def submit(self, tasks: Iterable[Task], at_work: int) -> None:
        del at_work
        begun = list(tasks)
        self._processors.tables.server.compute(len(begun) * self._processors.work.thread_s)
        for task in begun:
            task.begun_at = self._simulation.now
            self._processors.begun(task, self._end)

    def collect(self, wait_s: float) -> list[Task]:
        if not self._ended and wait_s > 0:
            self._pay()
            self._simulation.wait(wait_s, self._await)
            self._wake = None
        ended, self._ended = self._ended, []
        return ended

    def withdraw(self) -> list[Task]:
        return []

    def close(self) -> None:
        """No thread has been started."""

    def _await(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def _end(self, task: Task) -> None:
        task.ending = self._carry_out(task.job)
        task.ended_at = self._simulation.now
        self._ended.append(task)
        if self._wake is not None:
            wake, self._wake = self._wake, None
            wake()

    def _pay(self) -> None:
        """The process has computed since it went on."""
        self._processors.tables.server.compute(self._simulation.computed_s())
