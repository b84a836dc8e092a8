"""Which comparisons to warm, and their data: read from PostgreSQL by the main thread, never written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nightshift.sql import queries
from warmup.comparison import Comparison

if TYPE_CHECKING:
    from nightshift.database import Database, Row


@dataclass(frozen=True)
class Candidate:
    """A comparison without its points; those that nothing sets apart share a `place` in the order."""

    id: int
    slug: str
    terms: tuple[str, str]
    timeframe: str
    geo: str
    data_hash: str
    place: int = 1


def popular_for_forecasts(database: Database, limit: int) -> list[Candidate]:
    """Return what was viewed at all, or visited or created in the last 7 days, the most popular first."""
    return _candidates(database.read(_sql("popular_for_forecasts"), limit=limit))


def popular_for_explanations(database: Database, limit: int) -> list[Candidate]:
    """Return what was viewed ten times, or visited in the last 30 days, the most popular first."""
    return _candidates(database.read(_sql("popular_for_explanations"), limit=limit))


def left_over(database: Database, ids: Sequence[int]) -> list[Candidate]:
    """Return these comparisons, as far as they still exist, in the order of the ids."""
    return _candidates(database.read(_sql("left_over"), ids=list(ids)))


def find(database: Database, slug: str) -> Candidate | None:
    """Return one comparison, or None where there is none of that name."""
    return next(iter(_candidates(database.read(_sql("subject"), slug=slug))), None)


def with_points(database: Database, ids: Sequence[int]) -> dict[int, Comparison]:
    """Return these comparisons, as far as they still exist, with the points that they have now."""
    rows = database.read(_sql("with_series"), ids=list(ids)) if ids else []
    return {row["id"]: Comparison(**_facts(row), points=row["series"]) for row in rows}


def former_counts(database: Database, run_id: str) -> dict[str, Any]:
    """Return what the former parts of a run have noted in its record."""
    rows = database.read(_sql("former_counts"), id=run_id)
    return dict(rows[0]["metadata"]) if rows else {}


def _candidates(rows: Sequence[Row]) -> list[Candidate]:
    return [Candidate(**_facts(row), place=row["place"]) for row in rows]


def _facts(row: Row) -> dict[str, Any]:
    copied = {name: row[name] for name in ("id", "slug", "timeframe", "geo", "data_hash")}
    return {**copied, "terms": (row["term_a"], row["term_b"])}


def _sql(name: str) -> str:
    return queries("warmup")[name]
