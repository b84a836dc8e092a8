"""Take due jobs, a batch at a time and within the limits, and give back what was not begun."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from nightshift.errors import DatabaseBusy
from nightshift.sql import queries
from puppet.records import ClaimedJob, Limits

if TYPE_CHECKING:
    from nightshift.database import Database

# After the jobs of very many users were cancelled, what is left of them is cleared in turns, so that others get theirs.
_MOST_TURNS = 200


@dataclass(frozen=True, slots=True)
class Claim(Sized, Iterable[ClaimedJob]):
    """The jobs of one claim, the most urgent first, and why there are none where there are none.

    Attributes:
        reason: `claimed`; `idle`: nothing that may run now is due; `full`: as many are in flight as may be;
            `busy`: another processor kept its turn too long, try at the next tick.
    """

    jobs: tuple[ClaimedJob, ...]
    reason: Literal["claimed", "idle", "full", "busy"]

    def __len__(self) -> int:
        return len(self.jobs)

    def __iter__(self) -> Iterator[ClaimedJob]:
        return iter(self.jobs)


def claim(database: Database, processor_id: str, batch_id: UUID, limits: Limits) -> Claim:
    """Take the jobs that are due next, in one message (more after mass cancellations); put abandoned ones back first.

    Raises:
        DatabaseUnavailable: whether jobs were claimed is unknown; those that were are rescued later.
    """
    try:
        for _ in range(_MOST_TURNS):
            sql = queries("puppet")["claim"]
            answer = database.write(sql, processor=processor_id, batch=batch_id, **asdict(limits))[0]["claim"]
            if answer["jobs"][0] or not answer["again"]:
                break
    except DatabaseBusy:
        return Claim((), "busy")
    return claim_of(answer, batch_id)


def claim_of(answer: Mapping[str, Any], batch_id: UUID) -> Claim:
    """Return what PostgreSQL answers to a claim."""
    columns = answer["jobs"]
    jobs = tuple(_claimed(row, batch_id) for row in zip(*columns, strict=True)) if columns[0] else ()
    return Claim(jobs, "claimed" if jobs else "idle" if answer["room"] else "full")


def give_back(database: Database, tokens: Iterable[UUID]) -> int:
    """Put claimed jobs that were not begun back at once, as if they had not been claimed; return how many."""
    return len(database.write(queries("puppet")["give_back"], tokens=[str(token) for token in tokens]))


def _claimed(row: Sequence[Any], batch_id: UUID) -> ClaimedJob:
    job_id, user_id, job_type, payload, attempt, max_retries, token, scheduled_at, waited_ms, group = row
    return ClaimedJob(
        id=UUID(job_id),
        user_id=user_id,
        job_type=job_type,
        payload=payload,
        attempt=attempt,
        max_retries=max_retries,
        token=UUID(token),
        batch_id=batch_id,
        scheduled_at=datetime.fromisoformat(scheduled_at),
        waited_ms=waited_ms,
        concurrency_group=group,
    )
