"""Look after all jobs: the handler of the watchdog."""

from __future__ import annotations

from nightshift import Job, Outcome, Run

WATCHDOG = Job(
    name="watchdog",
    at_most_s=60,
    description="Find jobs that are late or stuck and runs that died, and send the alerts that wait.",
    # Two of them at once would only look twice; and when the locks are out of reach, people must hear of it.
    runs_unlocked=True,
    completed="Watchdog job completed",
)


@WATCHDOG.handler
def handler(run: Run) -> Outcome:
    """Rescue what the dead left, judge each job by its schedule and its last run, write it down and tell people."""
    from housekeeping.watching import watch

    return watch(run)
