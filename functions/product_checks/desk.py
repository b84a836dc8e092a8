"""Where worker threads bring what only the main thread may do: the one database connection has one owner."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, TypeVar

from nightshift.errors import NightshiftError

T = TypeVar("T")


class RunStopped(NightshiftError):
    """The run is ending: nothing more is taken at the desk."""


class Desk:
    """Runs jobs in threads and serves, in the calling thread, what they ask for.

    An error of a kind in `fatal` ends the run: it is raised by `run` once every thread has come to its end.
    """

    def __init__(self, fatal: tuple[type[Exception], ...]) -> None:
        self._fatal = fatal
        self._requests: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        self._stopped: Exception | None = None

    @property
    def is_open(self) -> bool:
        """Whether work should go on."""
        return self._stopped is None

    def ask(self, work: Callable[[], T]) -> T:
        """Have `work` done by the main thread and return its result, or raise its error. For worker threads.

        Raises:
            RunStopped: the run is ending.
        """
        answer: Future[T] = Future()
        self._requests.put((work, answer))
        return answer.result()

    def run(self, jobs: Iterable[Callable[[], T]]) -> list[T]:
        """Run every job in a thread of its own, serve them until the last has ended, and return their results."""
        waiting = list(jobs)
        if not waiting:
            return []
        with ThreadPoolExecutor(max_workers=len(waiting), thread_name_prefix="host") as pool:
            running = [pool.submit(job) for job in waiting]
            for job in running:
                job.add_done_callback(lambda _done: self._requests.put(None))
            self._serve(len(running))
        if self._stopped:
            raise self._stopped
        return [job.result() for job in running]

    def _serve(self, threads: int) -> None:
        while threads:
            request = self._requests.get()
            if request is None:
                threads -= 1
                continue
            work, answer = request
            if self._stopped:
                answer.set_exception(RunStopped())
                continue
            try:
                answer.set_result(work())
            except Exception as error:  # noqa: BLE001  # it belongs to the thread that asked
                if isinstance(error, self._fatal):
                    self._stopped = error
                answer.set_exception(error)
