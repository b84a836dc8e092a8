"""What a handler writes to stdout and stderr: into its log, and the end of it into the answer that asks for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from local.lambda_service.invocation import LOG_TAIL_BYTES

Echo = Callable[[str, bytes], None]


class Output:
    """The reading end of one process's output."""

    def __init__(self, name: str, log: Path, echo: Echo | None) -> None:
        """`echo`, if given, is told the function's name and each piece of output."""
        self._name = name
        self._log = log.open("ab", buffering=0)
        self._echo = echo
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._turn = threading.Lock()
        self._tail = b""

    def begin(self) -> None:
        """What comes from now on belongs to a new invocation."""
        self.drain()
        with self._turn:
            self._tail = b""

    def drain(self) -> None:
        """Takes everything that has been written so far."""
        with self._turn:
            if self._log.closed:
                return
            try:
                while piece := os.read(self._reading, 65536):
                    self._take(piece)
            except BlockingIOError:
                pass

    def note(self, line: str) -> None:
        """A line of the platform's own, such as START or REPORT."""
        with self._turn:
            if not self._log.closed:
                self._take(line.encode() + b"\n")

    def tail(self) -> bytes:
        """The last of the current invocation's output, as much as Lambda returns."""
        self.drain()
        with self._turn:
            return self._tail

    def close(self) -> None:
        """Takes what is left and closes the log."""
        self.drain()
        with self._turn:
            os.close(self._reading)
            self._log.close()

    def fileno(self) -> int:
        """For `select`: readable when the process has written something."""
        return self._reading

    def _take(self, piece: bytes) -> None:
        self._log.write(piece)
        self._tail = (self._tail + piece)[-LOG_TAIL_BYTES:]
        if self._echo is not None:
            self._echo(self._name, piece)
