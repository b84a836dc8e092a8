"""The rate that SES allows, kept by waiting."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """A token bucket that holds one token: sends are at least `1 / per_second` apart, so no burst breaks the rate."""

    def __init__(
        self,
        per_second: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval_s = 1 / per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._next_at = float("-inf")

    def wait(self) -> None:
        """Return once there is a token."""
        missing_s = self._next_at - self._monotonic()
        if missing_s > 0:
            self._sleep(missing_s)

    def spend(self) -> None:
        """Take the token: right before a send."""
        self._next_at = max(self._monotonic(), self._next_at) + self._interval_s
