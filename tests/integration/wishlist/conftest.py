"""A shop and its searches on one database, emptied for each test; and an environment in which the whole jobs run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nightshift.job import Run
from tests.integration.wishlist.shop import Checks, Shop
from tests.support.aws import Aws
from tests.support.databases import DatabaseServer
from tests.support.runs import running
from tests.support.ses import Ses, ses_server
from wishlist.check_sales import CHECK_SALES

# Not TRUNCATE: for a few rows, making new files costs more.
EMPTY = """
    DELETE FROM inventory_reservations; DELETE FROM products; DELETE FROM users; DELETE FROM job_runs;
    DELETE FROM job_fence; DELETE FROM job_slots
"""
_MAIL = {
    "MAIL_FROM": "news@shop.example",
    "SHOP_NAME": "Lumen & Daughters",
    "SHOP_URL": "https://shop.example",
    "PUBLIC_URL": "https://door.example",
    "SES_MAX_PER_SECOND": "1000",
}


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
    one_shop.run(EMPTY)
    one_shop.open()
    return one_shop


@pytest.fixture
def postgres_url(one_database: str, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", one_database)
    return one_database


@pytest.fixture(scope="package")
def one_run(one_database: str) -> Iterator[Run]:
    with running(CHECK_SALES, one_database) as run:
        yield run


@pytest.fixture
def checks(one_run: Run, shop: Shop) -> Checks:
    return Checks(one_run, shop)


@pytest.fixture
def rival(one_database: str, shop: Shop) -> Iterator[Checks]:
    """The searches of a second process."""
    with running(CHECK_SALES, one_database) as run:
        yield Checks(run, shop)


@pytest.fixture
def ses(aws: Aws, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ses]:
    """SES, and an environment that leads there."""
    for name, value in _MAIL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("UNSUBSCRIBE_SECRET_REF", aws.create_secret("unsubscribe", "0123456789abcdef" * 3))
    with ses_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", server.endpoint)
        yield server
