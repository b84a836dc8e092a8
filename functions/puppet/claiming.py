"""Take due jobs, a batch at a time and within the limits, and give back what was not begun."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from nightshift.errors import DatabaseBusy
from nightshift.sql import queries
from puppet.records import ClaimedJob, Limits

if TYPE_CHECKING:
    from nightshift.database import Database

_sql = partial(queries, "puppet")


@dataclass(frozen=True, slots=True)
class Claim(Sized, Iterable[ClaimedJob]):
    """The jobs of one claim, and why there are none where there are none.

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
    """Take the jobs that are due next, in one message; abandoned ones are rescued on the way.

    Raises:
        DatabaseUnavailable: whether jobs were claimed is unknown; those that were are rescued later.
    """
    try:
        rows = database.write(
            _sql()["claim"],
            processor=processor_id,
            batch=batch_id,
            batch_size=limits.batch_size,
            max_concurrent=limits.max_concurrent,
            per_user=limits.per_user,
        )
    except DatabaseBusy:
        return Claim((), "busy")
    return Claim(tuple(_claimed(row, batch_id) for row in rows), "claimed" if rows else "idle")


def give_back(database: Database, tokens: Iterable[UUID]) -> int:
    """Put claimed jobs that were not begun back at once, as if they had not been claimed; return how many."""
    return len(database.write(_sql()["give_back"], tokens=[str(token) for token in tokens]))


def _claimed(row: dict[str, Any], batch_id: UUID) -> ClaimedJob:
    return ClaimedJob(batch_id=batch_id, **row)
