"""A shop with stock and carts, on its own connections, as its own code would use the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from pg8000.exceptions import DatabaseError


class Refused(Exception):
    """What the database answered instead, by its SQLSTATE."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Shop:
    """One connection of the shop."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, sql: str, **values: Any) -> list[Any]:
        """Rows of one statement."""
        try:
            return list(self._connection.run(sql, **values) or ())
        except DatabaseError as error:
            raise Refused(error.args[0]["C"], error.args[0]["M"]) from None

    def plans(self, sql: str) -> list[str]:
        """Carry a statement out and return the plan of each statement inside of it, with what was really read."""
        self.run("LOAD 'auto_explain'")
        for name, value in (("log_min_duration", "0"), ("log_nested_statements", "on"), ("log_analyze", "on")):
            self.run(f"SET auto_explain.{name} = {value}")
        self.run("SET client_min_messages = log")
        self.run(sql)
        found = [notice[b"M"].decode() for notice in self._connection.notices]
        self.run("RESET ALL")
        return found

    def one(self, sql: str, **values: Any) -> Any:
        """The one value of one row."""
        return self.run(sql, **values)[0][0]

    def stock(self, quantity: int, reserved: int = 0) -> int:
        """A new product with stock; returns the product's id."""
        product = self.one(
            "INSERT INTO products (url) VALUES (:url) RETURNING id", url=f"http://shop.example/{uuid4()}"
        )
        self.run(
            "INSERT INTO inventory (product_id, quantity, reserved) VALUES (:product, :quantity, :reserved)",
            product=product, quantity=quantity, reserved=reserved,
        )  # fmt: skip
        return int(product)

    def reserve(self, product: int, wanted: int = 1, lifetime: str | None = None, **other: Any) -> UUID:
        """A hold through the checkout's function; returns its id."""
        values = {"id": uuid4(), "cart": "cart", **other}
        return UUID(str(self.one(
            "SELECT id FROM reserve(:id, :product, NULL, :wanted, :cart, NULL, CAST(:lifetime AS interval))",
            product=product, wanted=wanted, lifetime=lifetime, **values,
        )))  # fmt: skip

    def hold(self, product: int, quantity: int = 1, *, age: str = "0", expires_in: str | None = None) -> UUID:
        """A hold as a shop's own INSERT would leave it, counted as reserved."""
        self.run(
            "UPDATE inventory SET reserved = reserved + :n WHERE product_id = :product", n=quantity, product=product
        )
        return UUID(str(self.one(
            "INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, created_at, expires_at)"
            " SELECT id, 'cart', :n, now() - CAST(:age AS interval), now() + CAST(:expires_in AS interval)"
            " FROM inventory WHERE product_id = :product RETURNING id",
            n=quantity, age=age, expires_in=expires_in, product=product,
        )))  # fmt: skip

    def extend(self, hold: UUID, lifetime: str | None = None) -> Any:
        """When the hold ends now."""
        return self.one("SELECT expires_at FROM extend_reservation(:id, CAST(:by AS interval))", id=hold, by=lifetime)

    def complete(self, hold: UUID) -> str:
        """Sold; returns the status."""
        return str(self.one("SELECT status FROM complete_reservation(:id)", id=hold))

    def release(self, hold: UUID) -> str:
        """Given back; returns the status."""
        return str(self.one("SELECT status FROM release_reservation(:id)", id=hold))

    def expire(self, *holds: UUID) -> None:
        """Let holds end this moment."""
        for hold in holds:
            self.run("UPDATE inventory_reservations SET expires_at = clock_timestamp() WHERE id = :id", id=hold)

    def available(self, product: int) -> int:
        """What the view says."""
        return int(self.one("SELECT available FROM inventory_available WHERE product_id = :product", product=product))

    def counters(self, product: int) -> tuple[int, int]:
        """Quantity and reserved of a product."""
        quantity, reserved = self.run("SELECT quantity, reserved FROM inventory WHERE product_id = :id", id=product)[0]
        return quantity, reserved

    def status(self, hold: UUID) -> str:
        """The status of a hold."""
        return str(self.one("SELECT status FROM inventory_reservations WHERE id = :id", id=hold))

    def imbalance(self) -> Sequence[Any]:
        """Stock rows whose counter is not the sum of their active holds."""
        return self.run(
            "SELECT i.id, i.reserved, h.held FROM inventory AS i CROSS JOIN LATERAL ("
            " SELECT coalesce(sum(quantity), 0) AS held FROM inventory_reservations AS r"
            " WHERE r.inventory_id = i.id AND r.status = 'active') AS h WHERE i.reserved <> h.held"
        )
