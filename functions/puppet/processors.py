"""The processors that share the queue: one row each, and signs of life."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from nightshift.sql import queries

if TYPE_CHECKING:
    from nightshift.database import Database


def register(database: Database, processor_id: str, run_id: str | None = None) -> None:
    """Say that a processor begins; one that is known begins anew."""
    database.write(queries("puppet")["register"], processor=processor_id, run=run_id)


def heartbeat(database: Database, processor_id: str, tokens: Iterable[UUID]) -> list[UUID]:
    """Say that these claims are being worked at; return the tokens that hold no longer."""
    rows = database.write(queries("puppet")["heartbeat"], processor=processor_id, tokens=[str(each) for each in tokens])
    return [row["lost"] for row in rows]


def stop(database: Database, processor_id: str) -> None:
    """Say that a processor ends, with nothing in flight that it still works at."""
    database.write(queries("puppet")["stop"], processor=processor_id)
