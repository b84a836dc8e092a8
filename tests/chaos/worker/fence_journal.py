"""Writes down who claimed which fence and who wrote under which, in the transactions themselves; switches fences off.

The journal does not ask the fence whether a write was stale: a write whose fence is older than one that was claimed
before it is, whoever let it through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

# A claim that compares nothing: the newest is whoever came last.
_CLAIM_WITHOUT_COMPARING: Final = """
    INSERT INTO job_fence (job, fence, holder) VALUES (:job, :fence, :holder)
    ON CONFLICT (job) DO UPDATE SET fence = excluded.fence, holder = excluded.holder, at = now() RETURNING job;
"""
_NOTE_CLAIM: Final = """
    INSERT INTO chaos.claims (lock, fence)
    SELECT job, fence FROM job_fence WHERE job = :job AND fence = :fence AND holder = :holder;
"""
_NOTE_WRITE: Final = "INSERT INTO chaos.writes (lock, fence) VALUES (:job, :fence);"


def keep(*, with_fence: bool) -> None:
    """Begin the journal; without the fence, every claim counts and every write is let through."""
    from nightshift import fence
    from nightshift.sql import render

    shipped_hold, shipped_claim, shipped_claim_one = fence.hold, fence.claim, fence.claim_one

    def values(lease: Any) -> dict[str, Any]:
        return {"job": lease.name, "fence": lease.fence, "holder": lease.holder}

    def noted(leases: Sequence[Any]) -> str:
        return " ".join(render(_NOTE_CLAIM, values(lease)) for lease in leases)

    def bare_claims(leases: Sequence[Any]) -> str:
        return " ".join(render(_CLAIM_WITHOUT_COMPARING, values(lease)) for lease in leases)

    def hold(leases: Sequence[Any]) -> str:
        writes = (render(_NOTE_WRITE, {"job": each.name, "fence": each.fence}) for each in leases)
        return " ".join((shipped_hold(leases) if with_fence else "", *writes))

    def claim(leases: Sequence[Any]) -> str:
        return f"{shipped_claim(leases) if with_fence else bare_claims(leases)} {noted(leases)}"

    def claim_one(lease: Any) -> str:
        return f"{shipped_claim_one(lease) if with_fence else bare_claims([lease])} {noted([lease])}"

    for name, function in (("hold", hold), ("claim", claim), ("claim_one", claim_one)):
        setattr(fence, name, function)
