"""Deliver what waits in the outbox: the handler of the deliver-notifications job."""

from __future__ import annotations

from dataclasses import asdict

from nightshift import Job, Outcome, Run
from nightshift.delivery import deliver

DELIVER_NOTIFICATIONS = Job(
    name="deliver-notifications",
    at_most_s=300,
    description="Send the notifications that wait, one digest a person, and try again what failed before.",
    completed="Notifications delivered",
)


@DELIVER_NOTIFICATIONS.handler
def handler(run: Run) -> Outcome:
    """Send what waits; what is over a person's daily cap, or over the time, is left to a later run."""
    delivered = deliver(run)
    metadata = {name: value for name, value in asdict(delivered).items() if name not in ("errors", "failed") and value}
    return Outcome(delivered.notified, delivered.failed, delivered.errors, metadata)
