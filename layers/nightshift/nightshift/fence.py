"""The fence in PostgreSQL: a holder that was paused and comes back late finds its writes refused.

The functions `claim_fence`, `hold_fences` and `finish_slot` are in the migrations; here is how they are
called. What a fence cannot cover (mail, HTTP) carries an idempotency key instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from nightshift.lease import Lease
from nightshift.sql import render


def claim(leases: Sequence[Lease]) -> str:
    """Return the statement that makes these leases the newest holders of their fences.

    It answers the names that were claimed: one that is missing is stale, because a newer holder was here
    first.
    """
    rows = [{"job": lease.name, "fence": lease.fence, "holder": lease.holder} for lease in leases]
    return render("SELECT job FROM claim_fences(:rows::jsonb) AS job;", {"rows": rows})


def claim_one(lease: Lease) -> str:
    """Return the statement that claims one lease's fence and raises `StaleFence` where a newer one was first."""
    values = {"job": lease.name, "fence": lease.fence, "holder": lease.holder}
    return render("SELECT claim_fence(:job, :fence, :holder);", values)


def hold(leases: Sequence[Lease]) -> str:
    """Return the statement that must come first in every write transaction of a run.

    It raises `StaleFence` unless every lease is still the newest, and keeps newer claims out until the
    transaction ends.
    """
    if not leases:
        return ""
    rows = [{"job": lease.name, "fence": lease.fence} for lease in leases]
    return render("SELECT hold_fences(:rows::jsonb);", {"rows": rows})


def finish_slot(lease: Lease) -> str:
    """Return the statement that marks the lease's slot as done; it raises `SlotAlreadyDone` where another was first."""
    if lease.slot_ms is None:
        return ""
    return render("SELECT finish_slot(:job, :slot_ms, :fence);", {
        "job": lease.name, "slot_ms": lease.slot_ms, "fence": lease.fence,
    })  # fmt: skip
