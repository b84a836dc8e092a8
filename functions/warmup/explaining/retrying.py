"""The one layer of retries around a model: full jitter, the server's wish obeyed, and an end in sight."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from warmup.explaining.calling import CallFailed

T = TypeVar("T")


@dataclass(frozen=True)
class Retries:
    """How patient to be with a model.

    Attributes:
        most_attempts: calls for one answer, the first included.
        patience_s: for all calls and pauses of one explanation.
        base_s, longest_s: pauses are random between 0 and `base_s`, doubled each time up to `longest_s` (full jitter:
            https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """

    most_attempts: int = 4
    patience_s: float = 200.0
    base_s: float = 1.0
    longest_s: float = 20.0
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform

    def until_answered(self, attempt: Callable[[], T], ends: float) -> T:
        """Return what `attempt` does, trying again while its failures are temporary and the next try begins in time.

        Args:
            attempt: one call.
            ends: on `time.monotonic`.

        Raises:
            CallFailed: the last failure.
        """
        for number in range(self.most_attempts - 1):
            try:
                return attempt()
            except CallFailed as failure:
                pause_s = self._pause_s(number, failure)
                if not failure.temporary or time.monotonic() + pause_s >= ends:
                    raise
                self.sleep(pause_s)
        return attempt()

    def _pause_s(self, number: int, failure: CallFailed) -> float:
        jitter = self.uniform(0, min(self.longest_s, self.base_s * 2**number))
        # Not before the server wants it, and not all of us at that moment.
        return jitter + (failure.retry_after_s or 0)


PATIENT = Retries()
