"""How long a failed job waits: exponential backoff with full jitter.

After Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): the wait is drawn evenly from
nothing to the bound, so that jobs which failed together do not come back together.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

# The bounds are 30 s, 1 min, 2 min, 4 min, … up to an hour.
BASE_S: Final = 30.0
CAP_S: Final = 3600.0
# What a worker may ask for at most, and what is added to it at most: those it turned away together are spread as well.
LONGEST_RETRY_AFTER_S: Final = 24 * 3600.0
_SPREAD: Final = 0.1

_DRAW: Final = random.SystemRandom().uniform


def delay_s(attempt: int, retry_after_s: float | None = None, draw: Callable[[float, float], float] = _DRAW) -> float:
    """Return the seconds until the next try.

    Args:
        attempt: which attempt has failed, from 1 on.
        retry_after_s: what the worker asked for; never less than that is waited.
        draw: a number between two others, evenly.
    """
    if retry_after_s is not None:
        asked = min(max(retry_after_s, 0.0), LONGEST_RETRY_AFTER_S)
        return asked + draw(0.0, max(1.0, asked * _SPREAD))
    # The exponent is bounded as well: 2.0 to the power of a thousand is more than a float holds.
    return draw(0.0, min(CAP_S, BASE_S * 2.0 ** min(max(attempt, 1) - 1, 20)))
