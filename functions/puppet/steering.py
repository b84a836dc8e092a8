"""`POST /api/cron/start`, `stop` and `reset-stuck-jobs`: what an operator does to the queue, kept with who and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightshift.routes import Json, Request
from nightshift.sql import queries
from puppet.configuration import SUBJECT, read_configuration

if TYPE_CHECKING:
    from nightshift.database import Database

START, STOP, RESET = "puppet-start", "puppet-stop", "puppet-reset-stuck-jobs"


def start(request: Request) -> Json:
    """Let jobs be claimed again; what is on stays on."""
    return _switch(request, enabled=True)


def stop(request: Request) -> Json:
    """Let no job be claimed any more; those in flight come to their end."""
    return _switch(request, enabled=False)


def reset_stuck_jobs(request: Request) -> Json:
    """Put back the jobs that nobody works at any more, and fail those whose attempts are used up."""
    from puppet.store import rescue

    database = request.platform.database
    limits = read_configuration(database).limits()
    with database.transaction():
        rescued = rescue(database, limits)
        details = {"reset": rescued.reset, "failed": rescued.failed}
        database.write(request.audit(RESET, SUBJECT, after=details))
    return {**details, "message": _told(rescued.reset, rescued.failed)}


def switched(database: Database) -> Json:
    """Return who started or stopped processing last, and when; None where nobody ever did."""
    rows = database.read(queries("puppet.reading")["last_switch"], subject=SUBJECT)
    return {"since": rows[0]["at"], "by": rows[0]["who"]} if rows else {"since": None, "by": None}


def _switch(request: Request, *, enabled: bool) -> Json:
    database = request.platform.database
    rows = database.write(
        queries("puppet.reading")["set_enabled"],
        subject=SUBJECT,
        enabled=enabled,
        who=request.principal,
        action=START if enabled else STOP,
        request_id=request.id,
    )
    word = "started" if enabled else "stopped"
    return {
        "enabled": enabled,
        "changed": bool(rows),
        **switched(database),
        "message": f"Processing {word}" if rows else f"Processing was {word} already",
    }


def _told(reset: int, failed: int) -> str:
    if not reset + failed:
        return "No job was stuck"
    return f"{reset} stuck jobs will be tried again, {failed} failed because their attempts are used up"
