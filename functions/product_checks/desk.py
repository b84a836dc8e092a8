"""Where worker threads bring what only the main thread may do: the one database connection has one owner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, TypeVar

from nightshift.errors import NightshiftError

T = TypeVar("T")
Q = TypeVar("Q")

# After these nothing has been written, so that each may be tried alone.
_HARMLESS = (NightshiftError, ValueError)
# What waits meanwhile is served together, but no more of it: its rows stay locked until all of it is written.
AT_ONCE = 50
# So many jobs run at a time: each may hold a page of 5 MB in memory that waits to be read.
SIDE_BY_SIDE = 128


class RunStopped(NightshiftError):
    """The run is ending: nothing more is taken at the desk."""


@dataclass(frozen=True)
class _Request:
    """What is asked for: `work` answers many questions at once, this is one."""

    work: Callable[[Sequence[Any]], Sequence[Any]]
    question: Any
    answer: Future[Any] = field(default_factory=Future)


class Desk:
    """Runs jobs in threads and serves, in the calling thread, what they ask for.

    Threads that wait for the same work are served together. An error of a kind in `fatal` ends the run: it is raised by
    `run` once every thread has come to its end.
    """

    def __init__(self, fatal: tuple[type[Exception], ...]) -> None:
        self._fatal = fatal
        self._requests: SimpleQueue[_Request | None] = SimpleQueue()
        self._stopped: Exception | None = None

    @property
    def is_open(self) -> bool:
        """Whether work should go on."""
        return self._stopped is None

    def ask(self, work: Callable[[Sequence[Q]], Sequence[T]], question: Q) -> T:
        """Have `work` answer a question in the main thread; return its answer, or raise its error. For worker threads.

        `work` gets the questions of several threads at once. Where that fails it is called again for each of them
        alone, so it must have left nothing behind that would be in its way.

        Raises:
            RunStopped: the run is ending.
        """
        request = _Request(work, question)
        self._requests.put(request)
        answer: T = request.answer.result()
        return answer

    def run(self, jobs: Iterable[Callable[[], T]]) -> list[T]:
        """Run the jobs in threads, serve them until the last has ended, and return their results."""
        waiting = list(jobs)
        if not waiting:
            return []
        with ThreadPoolExecutor(max_workers=min(len(waiting), SIDE_BY_SIDE), thread_name_prefix="host") as pool:
            running = [pool.submit(job) for job in waiting]
            for job in running:
                job.add_done_callback(lambda _done: self._requests.put(None))
            self._serve(len(running))
        if self._stopped:
            raise self._stopped
        return [job.result() for job in running]

    def _serve(self, threads: int) -> None:
        while threads:
            waiting = self._next()
            threads -= waiting.count(None)
            together: dict[Any, list[_Request]] = {}
            for request in waiting:
                if request is not None:
                    together.setdefault(request.work, []).append(request)
            for requests in together.values():
                self._answer(requests)

    def _next(self) -> list[_Request | None]:
        """Wait for something and return it with what came meanwhile."""
        waiting = [self._requests.get()]
        while len(waiting) < AT_ONCE and not self._requests.empty():
            waiting.append(self._requests.get())
        return waiting

    def _answer(self, requests: Sequence[_Request]) -> None:
        if self._stopped:
            return _refuse(requests, RunStopped())
        try:
            answers = requests[0].work([request.question for request in requests])
        except Exception as error:  # noqa: BLE001  # it belongs to the threads that asked
            if isinstance(error, self._fatal):
                self._stopped = error
            elif len(requests) > 1 and isinstance(error, _HARMLESS):
                for request in requests:
                    self._answer([request])
                return None
            return _refuse(requests, error)
        for request, answer in zip(requests, answers, strict=True):
            request.answer.set_result(answer)
        return None


def _refuse(requests: Sequence[_Request], error: Exception) -> None:
    for request in requests:
        request.answer.set_exception(error)
