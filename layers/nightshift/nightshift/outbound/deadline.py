"""A limit for a whole piece of work, because the timeouts of sockets begin anew with every byte."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from nightshift.outbound.errors import DeadlinePassed


class Deadline:
    """`seconds` from now, and never later than the end of `within`, the work that this is a part of."""

    def __init__(self, seconds: float, *, within: Deadline | None = None) -> None:
        self._seconds = seconds
        self._within = within
        self._ends = time.monotonic() + seconds

    def left_s(self) -> float:
        """Seconds left, 0 when it is over."""
        own = max(0.0, self._ends - time.monotonic())
        return own if self._within is None else min(own, self._within.left_s())

    def required_s(self) -> float:
        """Seconds left for what must be done now.

        Raises:
            DeadlinePassed: there are none.
        """
        left = self.left_s()
        if left <= 0:
            raise DeadlinePassed(f"not complete within {self._seconds:g} s")
        return left

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock for a while, for instance while another request has its turn; `within` goes on."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._ends += time.monotonic() - began
