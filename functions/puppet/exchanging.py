"""Write results and take what is due next, in one message and one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

from nightshift.sql import queries
from puppet.claiming import Claim, claim_of
from puppet.completing import document
from puppet.records import Limits, Result

if TYPE_CHECKING:
    from nightshift.database import Database


def exchange(
    database: Database, processor_id: str, results: Sequence[Result], batch_id: UUID, limits: Limits
) -> tuple[list[UUID], Claim]:
    """Do what `complete` and then `claim` do, both or neither; what the results free may be claimed at once.

    Raises:
        DatabaseBusy: nothing was done, because another processor kept its turn too long; write the results alone.
        DatabaseUnavailable: whether it was done is unknown; say the results again, jobs that were claimed are rescued.
    """
    answer = database.write(
        queries("puppet")["exchange"],
        processor=processor_id,
        results=document(results),
        batch=batch_id,
        **asdict(limits),
    )[0]["exchange"]
    return [UUID(job_id) for job_id in answer["refused"]], claim_of(answer["claim"], batch_id)
