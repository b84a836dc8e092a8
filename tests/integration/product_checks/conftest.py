"""A shop to check, the database to look at, and one check of all that is tracked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from product_checks.check_products import handler
from tests.support.pages import PageServer, page_server


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECK_ALLOW_LOOPBACK", "true")


@pytest.fixture
def shop() -> Iterator[PageServer]:
    with page_server() as served:
        yield served


class Store:
    """The database as the tests look at it."""

    def __init__(self, connection: Any) -> None:
        self.run = connection.run

    def track(self, url: str, **item: Any) -> int:
        """Add a product that somebody tracks and return its id."""
        self.run("INSERT INTO users (email) VALUES ('ada@example.com') ON CONFLICT DO NOTHING")
        self.run(f"INSERT INTO products (url) VALUES ('{url}') ON CONFLICT DO NOTHING")
        product_id = self.one(f"SELECT id FROM products WHERE url = '{url}'")
        columns = "".join(f", {name}" for name in item)
        values = "".join(f", {value}" for value in item.values())
        self.run(
            f"INSERT INTO tracked_items (user_id, product_id{columns})"
            f" SELECT id, {product_id}{values} FROM users LIMIT 1"
        )
        return int(product_id)

    def one(self, sql: str) -> Any:
        """Return the one value that a query answers."""
        return self.run(sql)[0][0]

    def column(self, sql: str) -> list[Any]:
        """Return the first column."""
        return [row[0] for row in self.run(sql)]

    def make_due(self) -> None:
        """Let every product's next check come now."""
        self.run("UPDATE products SET next_check_at = now() - interval '1 second'")


@pytest.fixture
def store(postgres: Any) -> Store:
    return Store(postgres)


def check(store: Store) -> dict[str, Any]:
    store.make_due()
    return handler({}, None)
