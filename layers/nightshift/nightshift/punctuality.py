"""When a job's next run is due and from when on it is late, by its schedule and its last run; pure rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from nightshift.schedule import Schedule

# Half a period is waited, within these bounds: the scheduler delivers within a minute and tries again for up to
# 15 minutes, a cold start and a throttled function take their time, and nobody is woken for that.
LEAST_GRACE: Final = timedelta(minutes=3)
MOST_GRACE: Final = timedelta(minutes=30)


def due_after(schedule: Schedule, moment: datetime) -> datetime | None:
    """Return when the first run after `moment` (aware) is due, None where there never is another.

    A rate is counted from `moment`, which is the last run's slot or when it ended: the phase of a rate is known to the
    scheduler alone. Its days are of 24 hours in every zone; what summer time does to cron() is told by `Schedule`.
    """
    return moment + schedule.period if schedule.period is not None else schedule.next_after(moment)


def grace(schedule: Schedule, due: datetime) -> timedelta:
    """Return how long after the time it was due a run is waited for."""
    period = schedule.period
    if period is None:
        following = schedule.next_after(due)
        period = following - due if following else 2 * MOST_GRACE
    return min(max(period / 2, LEAST_GRACE), MOST_GRACE)


def late_after(schedule: Schedule, moment: datetime) -> datetime | None:
    """Return from when on the first run after `moment` is late, if none comes until then."""
    due = due_after(schedule, moment)
    return due + grace(schedule, due) if due else None


def watched_as(schedule: Schedule) -> str:
    """Return the text by which a schedule is told from the one that was deployed before it."""
    return f"{schedule.expression} {schedule.zone.key}"
