"""Give the stock of expired holds back: the handler of the cleanup-reservations job."""

from __future__ import annotations

from nightshift import Job, Outcome, Run

CLEANUP_RESERVATIONS = Job(
    name="cleanup-reservations",
    at_most_s=300,
    description="Release the holds that have expired, and give their stock back.",
    completed="Cleanup job completed",
    processed_as="cleanedCount",
)


@CLEANUP_RESERVATIONS.handler
def handler(run: Run) -> Outcome:
    """Release what has expired, batch by batch, and stop between two batches when the time is up."""
    from reservations.cleanup import release_expired

    return release_expired(run)
