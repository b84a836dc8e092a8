"""What docs/integrate.md tells the owner of a shop to do works as it stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pg8000.native
import pytest

from tests.support.databases import DatabaseServer
from tests.support.runs import running
from wishlist.check_sales import CHECK_SALES
from wishlist.checking import find, sales

_PAGE = Path(__file__).parents[2] / "docs" / "integrate.md"
_SQL = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def fed(database_server: DatabaseServer) -> Iterator[tuple[str, pg8000.native.Connection]]:
    """A database on which the whole page has been carried out."""
    with database_server.database() as url:
        connection = database_server.connect(url.rpartition("/")[2])
        for block in _SQL.findall(_PAGE.read_text("utf-8")):
            connection.execute_simple(block)
        yield url, connection
        connection.close()


def _rows(connection: pg8000.native.Connection, statement: str) -> list[list[Any]]:
    found: list[list[Any]] = connection.run(statement)
    return found


def test_the_shop_feeds_all_five_systems(fed: tuple[str, pg8000.native.Connection]) -> None:
    _, connection = fed

    assert _rows(connection, "SELECT url, tracked FROM products") == [["https://shop.example/lamp", True]]
    assert _rows(connection, "SELECT email, locale FROM users") == [["ada@example.com", "de-DE"]]
    assert _rows(connection, "SELECT price::text, currency FROM wishlists") == [["129.00", "EUR"]]
    assert _rows(connection, "SELECT quantity, reserved FROM inventory") == [[1, 0]]
    assert _rows(connection, "SELECT views FROM comparisons") == [[1]]
    assert _rows(connection, "SELECT job_type, status FROM puppet_jobs") == [["send_invite", "pending"]]


def test_the_sale_on_the_page_is_found(fed: tuple[str, pg8000.native.Connection]) -> None:
    url, connection = fed

    with running(CHECK_SALES, url) as run:
        assert find(run, sales(0)).notified == 1

    connection.run("DELETE FROM shop.favourites")
    assert _rows(connection, "SELECT 1 FROM wishlists") == []
