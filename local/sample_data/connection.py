"""A connection for as long as it is needed, to a database that is known by its address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nightshift.connecting import Address
from nightshift.database import Database


@contextmanager
def connected(database_url: str) -> Iterator[Database]:
    """Connect with the first statement, and close at the end."""
    database = Database(lambda **_: Address.from_url(database_url), "nightshift sample data")
    try:
        yield database
    finally:
        database.close()
