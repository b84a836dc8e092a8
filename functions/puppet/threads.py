"""Threads that carry out jobs while the main thread looks after the database.

They are daemons: one that hangs in spite of all time-outs is left behind, and another takes its place.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

from puppet.failures import ErrorType, failure
from puppet.results import Ending
from puppet.store import ClaimedJob

NOT_ENDED: Final = failure(ErrorType.UNKNOWN, "it has not ended")


@dataclass(slots=True, eq=False)
class Task:
    """One attempt on its way: waiting until `begun_at`, at work until `ended_at`, both on the monotonic clock.

    `ending` is what came of it, to be read only when it has ended.
    """

    job: ClaimedJob
    begun_at: float | None = None
    ended_at: float | None = None
    ending: Ending = NOT_ENDED


class Threads:
    """Carries out tasks side by side; for use by one thread.

    Every task has a thread as soon as one can be started, but none is started for what another has done by then: to
    start one takes longer than many a task. So each that begins starts the next where tasks still wait.
    """

    def __init__(
        self, carry_out: Callable[[ClaimedJob], Ending], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Take what is done with a job; it must not raise. Threads are started as they are needed, and used again."""
        self._carry_out = carry_out
        self._monotonic = monotonic
        # SimpleQueue, because handing a task over costs a microsecond, where an executor's future costs thirty.
        self._waiting: SimpleQueue[Task | None] = SimpleQueue()
        self._done: SimpleQueue[Task] = SimpleQueue()
        self._changes = threading.Lock()
        self._alive = 0
        self._most = 0
        self._abandoned = 0

    def submit(self, tasks: Iterable[Task], at_work: int) -> None:
        """Let tasks be carried out; `at_work` is how many there are in all, these included."""
        self._most = at_work
        for task in tasks:
            self._waiting.put(task)
        self._start_another()

    def collect(self, wait_s: float) -> list[Task]:
        """Wait so long for a task that has ended, and return all that have."""
        ended: list[Task] = []
        with suppress(Empty):
            ended.append(self._done.get(timeout=max(0.0, wait_s)))
            while True:
                ended.append(self._done.get_nowait())
        return ended

    def withdraw(self) -> list[Task]:
        """Take back every task that no thread has begun."""
        withdrawn: list[Task] = []
        with suppress(Empty):
            while (task := self._waiting.get_nowait()) is not None:
                withdrawn.append(task)
        return withdrawn

    def abandon(self) -> None:
        """Count one thread as lost, so that another is started in its place."""
        with self._changes:
            self._alive -= 1
            self._abandoned += 1
        self._start_another()

    def close(self) -> None:
        """Let every thread end after its task; nobody waits for one that hangs."""
        with self._changes:
            self._most, threads = 0, self._alive + self._abandoned
        for _ in range(threads):
            self._waiting.put(None)

    def _start_another(self) -> None:
        """Start a thread where a task waits, unless there are as many as tasks at work."""
        with self._changes:
            if self._waiting.empty() or self._alive >= self._most:
                return
            self._alive += 1
        try:
            threading.Thread(target=self._work, name="puppet job", daemon=True).start()
        except RuntimeError:
            # No more can be had: those that there are do the work, one task after the other.
            with self._changes:
                self._alive -= 1
            if not self._alive:
                raise

    def _work(self) -> None:
        self._start_another()
        while (task := self._waiting.get()) is not None:
            task.begun_at = self._monotonic()
            task.ending = self._carry_out(task.job)
            task.ended_at = self._monotonic()
            self._done.put(task)
