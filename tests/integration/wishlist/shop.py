"""A shop with prices, stock and wishes, written as its own code would, and runs of the two searches."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import uuid4

from nightshift.job import Run
from wishlist.checking import find, restocks, sales

_TABLES = ("products", "variants")


class Shop:
    """One connection of the shop; where a product is not named, it is the first one."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.product = 0

    def run(self, sql: str, **values: Any) -> list[Any]:
        """Rows of one statement."""
        return list(self._connection.run(sql, **values) or ())

    def one(self, sql: str, **values: Any) -> Any:
        """The one value of one row."""
        return self.run(sql, **values)[0][0]

    def open(self) -> None:
        """One product for 100 USD, of which there are ten."""
        self.product = self.add_product()
        self.stock(10)

    def add_product(self, price: Any = 100, currency: str | None = "USD") -> int:
        """A product with a price; without one, the shop has none for it."""
        return int(self.one(
            "INSERT INTO products (url, regular_price, regular_currency) VALUES (:url, :price, :currency) RETURNING id",
            url=f"https://shop.example/{uuid4()}", price=price, currency=currency if price is not None else None,
        ))  # fmt: skip

    def add_variant(self, price: Any = None, product: int | None = None) -> int:
        """A variant, with a price of its own or with its product's."""
        return int(self.one(
            "INSERT INTO variants (product_id, position, regular_price, regular_currency)"
            " VALUES (:product, 0, CAST(:price AS numeric), CASE WHEN CAST(:price AS numeric) > 0 THEN 'USD' END)"
            " RETURNING id",
            product=product or self.product, price=price,
        ))  # fmt: skip

    def person(self, name: str = "ada") -> int:
        """The id of a person, who is added if need be."""
        return int(self.one(
            "INSERT INTO users (email) VALUES (:email)"
            " ON CONFLICT (email) DO UPDATE SET email = excluded.email RETURNING id",
            email=f"{name}@example.com",
        ))  # fmt: skip

    def wish(self, name: str = "ada", product: int | None = None, variant: int | None = None, **columns: Any) -> int:
        """A wish; returns its id."""
        values = {
            "user_id": self.person(name), "product_id": product or self.product, "variant_id": variant, **columns,
        }  # fmt: skip
        names = ", ".join(values)
        marks = ", ".join(f":{column}" for column in values)
        return int(self.one(f"INSERT INTO wishlists ({names}) VALUES ({marks}) RETURNING id", **values))

    def price(self, table: str = "products", item: int | None = None, **columns: Any) -> None:
        """Change prices; dates are given in hours from now."""
        assert table in _TABLES
        changes = ", ".join(
            f"{name} = now() + :{name} * interval '1 hour'" if name.endswith("_at") else f"{name} = :{name}"
            for name in columns
        )
        self.run(f"UPDATE {table} SET {changes} WHERE id = :item", item=item or self.product, **columns)

    def let_sale_end(self) -> None:
        """Let the time pass that the sale had left: its dates move without anybody having changed it."""
        self.run("SET session_replication_role = replica")
        self.run("UPDATE products SET sale_ends_at = now() - interval '1 second' WHERE id = :id", id=self.product)
        self.run("SET session_replication_role = DEFAULT")

    def stock(self, quantity: int, product: int | None = None, variant: int | None = None) -> None:
        """Set what is there."""
        self.run(
            "INSERT INTO inventory (product_id, variant_id, quantity) VALUES (:product, :variant, :quantity)"
            " ON CONFLICT (product_id, variant_id) DO UPDATE SET quantity = excluded.quantity",
            product=product or self.product, variant=variant, quantity=quantity,
        )  # fmt: skip

    def reserve(self, wanted: int, product: int | None = None, variant: int | None = None) -> str:
        """A checkout holds so many; returns the hold."""
        return str(self.one(
            "SELECT id FROM reserve(gen_random_uuid(), :product, :variant, :wanted, 'cart')",
            product=product or self.product, variant=variant, wanted=wanted,
        ))  # fmt: skip

    def expire_holds(self) -> None:
        """Let every hold's time be over; nobody has released it yet."""
        self.run("UPDATE inventory_reservations SET expires_at = clock_timestamp() WHERE status = 'active'")

    def told(self) -> list[tuple[str, str]]:
        """Who was told of which kind, oldest first."""
        rows = self.run(
            "SELECT u.email, n.kind FROM notifications AS n JOIN users AS u ON u.id = n.user_id ORDER BY n.id"
        )
        return [(email.partition("@")[0], kind) for email, kind in rows]

    def payloads(self) -> list[dict[str, Any]]:
        """What the notifications say, oldest first."""
        return [row[0] for row in self.run("SELECT payload FROM notifications ORDER BY id")]


class Checks:
    """Searches as the jobs do them, without lock and delivery."""

    def __init__(self, run: Run, shop: Shop) -> None:
        self.run = run
        self._shop = shop

    def sales(self, min_drop_percent: int = 0) -> list[str]:
        """Search for sales; return who is told now."""
        return self._new(lambda: find(self.run, sales(min_drop_percent)))

    def restocks(self) -> list[str]:
        """Search for restocks; return who is told now."""
        return self._new(lambda: find(self.run, restocks()))

    def _new(self, search: Any) -> list[str]:
        before = len(self._shop.told())
        found = search()
        new = [name for name, _ in self._shop.told()[before:]]
        assert found.done
        assert found.notified == len(new)
        return sorted(new)
