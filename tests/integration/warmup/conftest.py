"""One database for all of these tests, emptied before each, and a cache that is each test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pg8000.native
import pytest

from tests.integration.warmup.shelf import Shelf
from tests.support.aws import Aws
from tests.support.databases import DatabaseServer

# Not TRUNCATE: for a few rows, making new files costs more.
_EMPTY = "DELETE FROM comparisons; DELETE FROM job_runs; DELETE FROM job_fence; DELETE FROM job_slots"


@pytest.fixture(scope="package")
def one_database(database_server: DatabaseServer) -> Iterator[str]:
    with database_server.database() as url:
        yield url


@pytest.fixture(scope="package")
def one_connection(database_server: DatabaseServer, one_database: str) -> Iterator[pg8000.native.Connection]:
    connection = database_server.connect(one_database.rpartition("/")[2])
    yield connection
    connection.close()


@pytest.fixture
def postgres_url(one_database: str, one_connection: pg8000.native.Connection, monkeypatch: pytest.MonkeyPatch) -> str:
    for statement in _EMPTY.split(";"):
        one_connection.run(statement)
    monkeypatch.setenv("DATABASE_URL", one_database)
    return one_database


@pytest.fixture
def shelf(postgres_url: str, one_connection: pg8000.native.Connection, aws: Aws) -> Shelf:
    return Shelf(one_connection, aws)
