"""`Prefer: wait=N` (RFC 7240): an answer that may take a moment longer to hold the result already."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from api import runs
from nightshift.errors import DatabaseError
from nightshift.routes import Json

if TYPE_CHECKING:
    from nightshift.database import Database

MAX_WAIT_S = 25
_WAIT = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d{1,9})\"?\s*(?=$|[,;])", re.IGNORECASE)
_ASYNC = re.compile(r"(?:^|,)\s*respond-async\s*(?=$|[,;])", re.IGNORECASE)
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.0


def preference(prefer: str, default_s: int) -> tuple[int, str | None]:
    """Return for how many seconds to wait, and what of the caller's preference is applied (None: nothing of it)."""
    if match := _WAIT.search(prefer):
        wait_s = min(int(match[1]), MAX_WAIT_S)
        return wait_s, f"wait={wait_s}"
    if _ASYNC.search(prefer):
        return 0, "respond-async"
    return default_s, None


def finished_run(
    database: Database,
    run_id: str,
    until: float,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Json | None:
    """Return the run once it has ended, or None where it has not by `until` (on the monotonic clock)."""
    pause_s = _FIRST_PAUSE_S
    while (left_s := until - monotonic()) > 0:
        sleep(min(pause_s, left_s))
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
        try:
            run = runs.find(database, run_id)
        except DatabaseError:
            # The run goes on; that we cannot see it is no reason to tell its caller otherwise.
            return None
        if run is not None and run["status"] not in runs.OPEN_STATUSES:
            return run
    return None
