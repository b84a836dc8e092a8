"""Write what became of claimed jobs, a batch in one statement, where the claim still holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from nightshift.sql import queries
from puppet.records import Result

if TYPE_CHECKING:
    from nightshift.database import Database

_SELDOM = ("error_type", "error", "retry_in_s", "result", "deadline_s")


def complete(database: Database, processor_id: str, results: Sequence[Result]) -> list[UUID]:
    """Write results; return the ids of the jobs whose claim was lost meanwhile: theirs are logged as refused.

    Saying the same again, because the answer was lost, changes nothing and is not refused.

    Raises:
        DatabaseUnavailable: whether they were written is unknown; say it again.
    """
    if not results:
        return []
    rows = database.write(
        queries("puppet")["complete"], processor=processor_id, results=[_document(each) for each in results]
    )
    return [row["refused"] for row in rows]


def complete_later(database: Database, result: Result) -> bool:
    """Write what a worker says later of a job it took (`waiting`); return whether the claim still held."""
    return not complete(database, "", [result])


def _document(result: Result) -> dict[str, Any]:
    """Return what of a result is said, as JSON: on most there is little to say."""
    document: dict[str, Any] = {
        "job_id": str(result.job_id),
        "token": str(result.token),
        "outcome": result.outcome,
        "duration_ms": result.duration_ms,
    }
    for name in _SELDOM:
        if (value := getattr(result, name)) is not None:
            document[name] = value
    return document
