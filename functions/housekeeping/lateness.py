"""Which jobs are late, by their deployed schedule and their last run; pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nightshift.deployed import Deployed
from nightshift.punctuality import due_after, late_after, watched_as


@dataclass(frozen=True)
class Watched:
    """What is known of a job.

    Attributes:
        resumed_at: when it was last resumed.
        schedule: the schedule that the last look found; None: it was never looked at.
        watched_from: since when that schedule is known.
        state: what the last look found wrong.
        ended_at: when a run that did all of its work ended last; of one that has not ended, when it began.
        status: of the newest run.
    """

    job: str
    is_paused: bool = False
    resumed_at: datetime | None = None
    schedule: str | None = None
    watched_from: datetime | None = None
    state: str | None = None
    ended_at: datetime | None = None
    status: str | None = None


def schedule_text(deployed: Deployed) -> str:
    """Return what is remembered of a deployed schedule, empty where it starts nothing."""
    return watched_as(deployed.schedule) if deployed.schedule and deployed.enabled else ""


def overdue(watched: Watched, deployed: Deployed, now: datetime) -> datetime | None:
    """Return when the run that has not come was due, None where the job is not late.

    A job whose schedule is off, is paused, or was not deployed like this at its last look is not late: nothing was
    promised. What was expected before it was resumed or before its schedule was seen is not missed either.
    """
    schedule = deployed.schedule
    if not schedule or not deployed.enabled or watched.is_paused or watched.schedule != schedule_text(deployed):
        return None
    moments = [moment for moment in (watched.watched_from, watched.resumed_at, watched.ended_at) if moment]
    since = max(moments)
    late = late_after(schedule, since)
    return due_after(schedule, since) if late and now > late else None
