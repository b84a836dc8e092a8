"""Runs of retention without a lock, and a database whose rows are as old as a test says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from housekeeping.retention import RETENTION
from nightshift.job import Run
from tests.support.runs import running


class Store:
    """The database of one test."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, statement: str, **values: Any) -> list[Any]:
        """Run a statement and return its rows."""
        return list(self._connection.run(statement, **values) or [])

    def ids(self, table: str, column: str = "id") -> list[str]:
        """What is left of a table, by one of its columns."""
        return sorted(str(row[0]) for row in self.run(f"SELECT {column} FROM {table}"))


@pytest.fixture
def store(postgres: Any) -> Store:
    return Store(postgres)


@pytest.fixture
def run(postgres_url: str) -> Iterator[Run]:
    with running(RETENTION, postgres_url) as made:
        yield made
