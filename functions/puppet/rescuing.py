"""Bring back what nobody works at any more: jobs without a sign of life, workers that never called back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nightshift.sql import queries
from puppet.records import Limits

if TYPE_CHECKING:
    from nightshift.database import Database


@dataclass(frozen=True, slots=True)
class Rescued:
    """How many abandoned jobs were put back, and how many failed because their attempts are used up."""

    reset: int = 0
    failed: int = 0


def rescue(database: Database, limits: Limits) -> Rescued:
    """Put abandoned jobs back, or fail those whose attempts are used up; each is logged."""
    row = database.write(queries("puppet")["rescue"], stuck_after_s=limits.stuck_after_s)[0]
    return Rescued(row["reset"], row["failed"])
