"""Remove what is older than its limit: the handler of the retention job."""

from __future__ import annotations

from nightshift import Job, Outcome, Run

RETENTION = Job(
    name="retention",
    at_most_s=900,
    description="Remove logs, ended records and answered requests that are older than their limit.",
    completed="Retention job completed",
)


@RETENTION.handler
def handler(run: Run) -> Outcome:
    """Go through the table of rules, batch by batch, and stop between two batches when the time is up."""
    from housekeeping.retaining import remove_old

    return remove_old(run)
