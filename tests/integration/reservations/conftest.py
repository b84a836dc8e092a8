"""The shop's connections, and runs of the cleanup without a lock; one database, emptied for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from nightshift.job import Run
from reservations.cleanup_reservations import CLEANUP_RESERVATIONS
from tests.integration.reservations.shop import Shop
from tests.support.databases import DatabaseServer
from tests.support.runs import running

# Not TRUNCATE: for a few rows, making new files costs more.
_EMPTY = """
    DELETE FROM inventory_reservations; DELETE FROM products; DELETE FROM job_runs; DELETE FROM job_fence;
    DELETE FROM job_slots; UPDATE reservation_settings SET ttl = DEFAULT
"""


@pytest.fixture(scope="package")
def one_database(database_server: DatabaseServer) -> Iterator[str]:
    with database_server.database() as url:
        yield url


@pytest.fixture(scope="package")
def one_shop(database_server: DatabaseServer, one_database: str) -> Iterator[Shop]:
    connection = database_server.connect(one_database.rpartition("/")[2])
    yield Shop(connection)
    connection.close()


@pytest.fixture
def shop(one_shop: Shop) -> Shop:
    one_shop.run(_EMPTY)
    return one_shop


@pytest.fixture
def postgres_url(one_database: str, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", one_database)
    return one_database


@pytest.fixture
def connect(database_server: DatabaseServer, postgres_url: str) -> Callable[[], Any]:
    """Opens a further connection of the shop, for a `with`."""

    @contextmanager
    def opened() -> Iterator[Shop]:
        connection = database_server.connect(postgres_url.rpartition("/")[2])
        try:
            yield Shop(connection)
        finally:
            connection.close()

    return opened


@pytest.fixture
def run(postgres_url: str) -> Iterator[Run]:
    with running(CLEANUP_RESERVATIONS, postgres_url) as made:
        yield made
