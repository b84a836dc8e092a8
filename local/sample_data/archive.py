"""What lies around from long ago in the local system, so that retention has something to remove on every day."""

from __future__ import annotations

from housekeeping.retaining import limit_of, statement_of
from housekeeping.rules import RULES
from housekeeping.settings import load_settings
from nightshift.database import Database
from nightshift.sql import queries

# Checks of pages and holds that ended, by how many there are.
CHECKS, HOLDS = 4, 3
_SQL = queries("local.sample_data")


def begin(database: Database) -> None:
    """Let the old rows of a day be exactly these; what earlier days left is removed as retention would do it."""
    settings = load_settings({})
    for rule in RULES:
        database.write(statement_of(rule), after="-infinity", days=limit_of(rule, settings), size=1_000_000)
    database.write(_SQL["put_archive"], checks=CHECKS, holds=HOLDS)


def forgotten() -> int:
    """How many rows retention removes on a day."""
    return CHECKS + HOLDS
