"""`GET /api/cron/health`: one line for each thing the processor needs, 200 where all are well and 503 otherwise.

Each line is asked for on its own: where one part is down, the lines of the others are answered all the same.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nightshift.deployed import deployed
from nightshift.errors import DatabaseUnavailable, NightshiftError
from nightshift.routes import Request, Response
from nightshift.sql import queries
from puppet.configuration import SUBJECT, Configuration, read_configuration

if TYPE_CHECKING:
    from nightshift.platform import Platform

# A job that has been due for longer waits too long.
BACKLOG_S = 900
# Two ticks: what the next one mends need wake nobody.
GRACE_S = 120
# The door has 29 s in all.
_ANSWER_S = 5.0


@dataclass(frozen=True)
class Line:
    """One thing that was looked at; `measured` is None where it could not be."""

    name: str
    ok: bool
    detail: str
    measured: float | None = None
    unit: str | None = None


def health(request: Request) -> Response:
    """Answer every line; never fails because one of them does."""
    lines = check(request.platform)
    is_well = all(line.ok for line in lines)
    body = {"status": "healthy" if is_well else "unhealthy", "checks": [asdict(line) for line in lines]}
    return Response(body, 200 if is_well else 503)


def check(platform: Platform, environ: Mapping[str, str] = os.environ) -> list[Line]:
    """Look at everything the processor needs."""
    return [_lock_table(platform), *_of_database(platform, environ)]


def _lock_table(platform: Platform) -> Line:
    started = time.monotonic()
    try:
        platform.locks.read(SUBJECT)
    except NightshiftError as error:
        return Line("lockTable", ok=False, detail=f"the lock table does not answer: {error}")
    return Line("lockTable", ok=True, detail="the lock table answers", measured=_since(started), unit="ms")


def _of_database(platform: Platform, environ: Mapping[str, str]) -> Iterator[Line]:
    with platform.database.patience(_ANSWER_S):
        started = time.monotonic()
        try:
            # In a transaction, which is not repeated: to find out twice that nobody answers takes too long.
            with platform.database.transaction():
                pass
            configuration = read_configuration(platform.database, environ)
        except NightshiftError as error:
            yield Line("database", ok=False, detail=_said(error))
            unknown = "not known: the database could not be asked"
            yield from (Line(name, ok=False, detail=unknown) for name in ("heartbeat", "backlog", "stuck"))
            return
        yield Line("database", ok=True, detail="the database answers", measured=_since(started), unit="ms")
        yield _line("heartbeat", lambda: _heartbeat(platform, configuration, environ))
        yield _line("backlog", lambda: _backlog(platform))
        yield _line("stuck", lambda: _stuck(platform, configuration))


def _line(name: str, look: Callable[[], Line]) -> Line:
    try:
        return look()
    except NightshiftError as error:
        return Line(name, ok=False, detail=_said(error))


def _heartbeat(platform: Platform, configuration: Configuration, environ: Mapping[str, str]) -> Line:
    row = platform.database.read(queries("puppet.reading")["signs_of_life"], subject=SUBJECT)[0]
    last = max((row[name] for name in ("heartbeat_at", "run_at") if row[name]), default=None)
    silent_s = round((row["at"] - last).total_seconds(), 1) if last else None
    ok, detail = _judged(row["at"], last, configuration, environ)
    return Line("heartbeat", ok=ok, detail=detail, measured=silent_s, unit="s")


def _judged(
    now: datetime, last: datetime | None, configuration: Configuration, environ: Mapping[str, str]
) -> tuple[bool, str]:
    """Return whether the processor has been heard of in time, by its schedule, and what to say of it."""
    schedule = deployed(SUBJECT, environ)
    if not configuration.enabled:
        return True, f"processing was stopped by {configuration.updated_by}; no sign of life is expected"
    if schedule.schedule is None or not schedule.enabled:
        return True, "no schedule starts the processor; only callers do"
    if last is None:
        return False, "no processor has shown a sign of life yet"
    expected = schedule.schedule.next_after(last)
    if expected is not None and now > expected + timedelta(seconds=GRACE_S):
        return False, f"the processor should have run at {expected:%Y-%m-%d %H:%M:%S} UTC and did not"
    return True, "the processor has shown a sign of life since its last tick"


def _backlog(platform: Platform) -> Line:
    oldest_s = platform.database.read(queries("puppet.reading")["backlog"])[0]["oldest_s"]
    if oldest_s is None:
        return Line("backlog", ok=True, detail="nothing is due", measured=0.0, unit="s")
    detail = f"the oldest job that is due has waited for {oldest_s:.0f} s, of at most {BACKLOG_S}"
    return Line("backlog", ok=oldest_s <= BACKLOG_S, detail=detail, measured=round(oldest_s, 1), unit="s")


def _stuck(platform: Platform, configuration: Configuration) -> Line:
    rows = platform.database.read(
        queries("puppet.reading")["stuck"], stuck_after_s=configuration.stuck_after_s, grace_s=GRACE_S
    )
    jobs = rows[0]["jobs"]
    detail = (
        f"{jobs} jobs in flight have been abandoned and not rescued; POST /api/cron/reset-stuck-jobs does it"
        if jobs
        else "no job in flight is abandoned"
    )
    return Line("stuck", ok=jobs == 0, detail=detail, measured=jobs, unit="jobs")


def _said(error: NightshiftError) -> str:
    if isinstance(error, DatabaseUnavailable):
        return "the database cannot be reached"
    return f"the database could not be asked: {error}"


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
