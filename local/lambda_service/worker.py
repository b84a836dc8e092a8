"""One process of a handler: started, given one event after the other, killed when it takes too long."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.lambda_service import runtime_api
from local.lambda_service.invocation import Invocation, Result, exited, failure, now_text, timed_out
from local.lambda_service.output import Echo, Output
from local.leash import leashed

# Lambda gives a handler 10 s to load; a loaded machine with two cores may need more.
_START_S: Final = 60.0


class WorkerGoneError(Exception):
    """The process ended between two events: another one should take this event."""


@dataclass(frozen=True)
class Launch:
    """How the processes of a function are started."""

    name: str
    arn: str
    timeout_s: float
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    echo: Echo | None = None


class Worker:
    """A process, its Runtime API, and at most one event at a time."""

    def __init__(self, launch: Launch) -> None:
        """Starts the process; it loads its handler while the caller goes on."""
        self.arn = launch.arn
        self._launch = launch
        self._output = Output(launch.name, launch.log, launch.echo)
        self._api = runtime_api.serve(self)
        self._changed = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting = False  # it has asked for an event
        self._offered: Invocation | None = None
        self._current: Invocation | None = None
        self._started = 0.0  # monotonic, when the current event was handed over
        self._served = 0
        self._result: Result | None = None
        self._start_error: Result | None = None
        self._status: int | None = None  # of the ended process
        threading.Thread(target=self._live, name=f"worker {launch.name}", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it can take another event."""
        with self._changed:
            return self._status is None

    def run(self, invocation: Invocation) -> Result:
        """Gives the process an event and waits for what becomes of it, at most for the function's timeout.

        Raises:
            WorkerGoneError: a process that had served before is gone.
        """
        self._output.begin()
        self._output.note(f"START RequestId: {invocation.request_id} Version: $LATEST")
        result = self._hand_over(invocation) or self._outcome(invocation)
        self._output.drain()
        self._output.note(f"END RequestId: {invocation.request_id}")
        spent_ms = (time.monotonic() - self._started) * 1000 if self._started else 0.0
        self._output.note(f"REPORT RequestId: {invocation.request_id}\tDuration: {spent_ms:.2f} ms")
        return Result(result.payload, result.failed, self._output.tail())

    def kill(self) -> None:
        """Ends the process and all it has started."""
        self._wait(lambda: self._process is not None or self._status is not None, _START_S)
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._wait(lambda: self._status is not None, _START_S)

    def next_invocation(self) -> tuple[Invocation, int] | None:
        """The Runtime API: the process asks for its next event."""
        with self._changed:
            self._waiting = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._offered is not None or self._status is not None)
            if self._offered is None:
                return None
            self._current, self._offered, self._waiting = self._offered, None, False
            self._started = time.monotonic()
            self._changed.notify_all()
            return self._current, int((time.time() + self._launch.timeout_s) * 1000)

    def finish(self, request_id: str, result: Result) -> bool:
        """The Runtime API: the process answers its event."""
        with self._changed:
            if self._current is None or self._current.request_id != request_id:
                return False
            self._result, self._current = result, None
            self._changed.notify_all()
            return True

    def fail_start(self, body: bytes) -> None:
        """The Runtime API: the process could not load its handler."""
        with self._changed:
            self._start_error = Result(body, failed=True)

    def _hand_over(self, invocation: Invocation) -> Result | None:
        """Waits until the process asks for an event and gives it this one; a result if that fails."""
        with self._changed:
            self._result, self._started = None, 0.0
        if self._process is not None and self._process.poll() is not None:
            self._wait(lambda: self._status is not None, _START_S)  # it has ended a moment ago
        if not self._wait(lambda: self._waiting or self._status is not None, _START_S):
            self.kill()
            return failure("Sandbox.Timedout", f"The handler was not loaded within {_START_S:.0f} seconds")
        with self._changed:
            if self._status is None:
                self._offered = invocation
                self._served += 1
                self._changed.notify_all()
                return None
            if self._served:
                raise WorkerGoneError
            return self._start_error or exited(invocation, self._status)

    def _outcome(self, invocation: Invocation) -> Result:
        def settled() -> bool:
            return self._result is not None or self._status is not None

        taken = self._wait(lambda: self._started > 0 or settled(), _START_S)
        deadline = (self._started or time.monotonic()) + self._launch.timeout_s
        if taken and self._wait(settled, deadline - time.monotonic()):
            with self._changed:
                return self._result or exited(invocation, self._status or 0)
        self.kill()
        late = f"{now_text()} {invocation.request_id} Task timed out after {self._launch.timeout_s:.2f} seconds"
        self._output.note(late)
        return timed_out(invocation, self._launch.timeout_s)

    def _wait(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(condition, max(timeout_s, 0))

    def _live(self) -> None:
        """The process's whole life, in one thread: Linux ends it with the thread that started it."""
        try:
            process = self._spawn()
        except OSError as problem:
            self._output.note(f"The process could not be started: {problem}")
            status = os.EX_OSERR
        else:
            self._follow_output(process)
            status = process.wait()
        with self._changed:
            self._status = status
            self._changed.notify_all()
        self._api.stop()
        self._output.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(
                leashed(self._launch.command, death=signal.SIGKILL),
                env={
                    **self._launch.environment,
                    "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.port}",
                },
                cwd=self._launch.folder,
                stdin=subprocess.DEVNULL,
                stdout=self._output.writing,
                stderr=self._output.writing,
                start_new_session=True,  # so that it can be killed with all it has started
            )
        finally:
            os.close(self._output.writing)
        with self._changed:
            self._process = process
            self._changed.notify_all()
        return process

    def _follow_output(self, process: subprocess.Popen[bytes]) -> None:
        """Reads until the process has ended; its children may keep the pipe open longer than that."""
        while process.poll() is None:
            readable, _, _ = select.select([self._output], [], [], 0.1)
            if readable:
                self._output.drain()
                time.sleep(0.005)  # several lines at once, and no spinning at the end of the output
