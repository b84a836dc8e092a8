"""Write what became of claimed jobs, a batch in one statement, where the claim still holds."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from nightshift.sql import queries
from nightshift.storable import storable
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
    rows = database.write(queries("puppet")["complete"], processor=processor_id, results=document(results))
    return [row["refused"] for row in rows]


def complete_later(database: Database, result: Result) -> bool:
    """Write what a worker says later of a job it took (`waiting`); return whether the claim still held."""
    return not complete(database, "", [result])


def document(results: Sequence[Result]) -> str:
    """Return results as PostgreSQL reads them."""
    return _json([_document(each) for each in results])


def _document(result: Result) -> dict[str, Any]:
    """Return what there is to say of a result: of most, little."""
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


def _json(documents: list[dict[str, Any]]) -> str:
    try:
        text = json.dumps(documents, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = ""
    if text and _is_storable(text):
        return text
    # One worker's odd answer must not keep the results of the others from being written.
    return json.dumps(_storable(documents), ensure_ascii=False)


def _is_storable(text: str) -> bool:
    """Whether there is nothing in it that JSON may hold and PostgreSQL may not: NUL, half of a surrogate pair."""
    try:
        text.encode()  # a tenth of what a search for surrogates takes
    except UnicodeEncodeError:
        return False
    return r"\u0000" not in text


def _storable(value: Any) -> Any:
    """Return a JSON value with a replacement for everything that PostgreSQL cannot keep."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_storable(name): _storable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(each) for each in value]
    return value
