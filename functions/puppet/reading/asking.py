"""Ask for figures over much data, with a time limit whose end tells the caller what to ask instead."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nightshift.errors import DatabaseError
from nightshift.routes import Problem, Request
from nightshift.sql import queries

# Within the 29 s that the door has.
LONGEST_S = 20.0
_SHORTEST_S = 1.0
_LIMITED = "SELECT set_config('statement_timeout', :limit_ms::text, TRUE);"
# The statement took too long; on a replica, what it read had to give way to what came from the main database.
_CUT_OFF = ("57014", "40001")


def ask(request: Request, query: str, **values: Any) -> dict[str, Any]:
    """Return the one row that a query over the history answers, from the replica where there is one.

    Raises:
        Problem: 503, it took too long; with a hint.
        DatabaseUnavailable: the replica cannot be reached.
    """
    limit_s = min(LONGEST_S, max(_SHORTEST_S, request.deadline - time.monotonic() - _SHORTEST_S))
    statement = f"{_LIMITED} {queries('puppet.reading')[query]}"
    with _hinting(limit_s):
        return request.platform.analytics.read(statement, limit_ms=round(limit_s * 1000), **values)[0]


@contextmanager
def _hinting(limit_s: float) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        if error.sqlstate not in _CUT_OFF:
            raise
        raise Problem(
            503,
            f"there is too much to read within {limit_s:.0f} s; ask for a shorter time (from, to), or for one jobType"
            " or userId",
            kind="too-much-to-read",
        ) from None
