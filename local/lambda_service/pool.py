"""The processes of one function: used again while they are warm, more of them when several events come at once."""

from __future__ import annotations

import threading
from typing import Final

from local.lambda_service.invocation import Invocation, Result, ThrottledError
from local.lambda_service.worker import Launch, Worker, WorkerGoneError

MOST_PROCESSES: Final = 10


class Pool:
    """A function's processes; one event at a time in each."""

    def __init__(self, launch: Launch, most: int = MOST_PROCESSES) -> None:
        """Nothing is started before the first event."""
        self.launch = launch
        self._most = most
        self._turn = threading.Condition()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._closed = False

    def invoke(self, invocation: Invocation) -> Result:
        """Runs an event in a warm process, or in a new one.

        Raises:
            ThrottledError: as many processes are busy as may be, or the service stops.
        """
        while True:
            worker = self._take()
            try:
                return worker.run(invocation)
            except WorkerGoneError:
                continue
            finally:
                self._give_back(worker)

    def close(self) -> None:
        """Takes no more events."""
        with self._turn:
            self._closed = True

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Waits for the events at work; False when some are still there."""
        with self._turn:
            return self._turn.wait_for(lambda: not self._busy, max(timeout_s, 0))

    def stop(self) -> None:
        """Kills every process, at work or not."""
        with self._turn:
            self._closed = True
            workers = [*self._idle, *self._busy]
            self._idle.clear()
        for worker in workers:
            worker.kill()

    def _take(self) -> Worker:
        with self._turn:
            if self._closed or len(self._busy) >= self._most:
                raise ThrottledError(self.launch.name)
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    break
            else:
                worker = Worker(self.launch)
            self._busy.add(worker)
            return worker

    def _give_back(self, worker: Worker) -> None:
        with self._turn:
            self._busy.discard(worker)
            if worker.alive and not self._closed:
                self._idle.append(worker)
            self._turn.notify_all()
        if self._closed and worker.alive:
            worker.kill()
