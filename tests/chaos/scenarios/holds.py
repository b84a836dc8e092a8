"""Expired holds on stock: each goes back once, and live ones stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.chaos.effects import Effect
from tests.chaos.world import World

_ITEMS: Final = 6
_HOLDS: Final = 30
_OPEN: Final = """
    WITH p AS (INSERT INTO products (url) SELECT 'https://shop.example/' || i FROM generate_series(1, :items) AS i
               RETURNING id)
    INSERT INTO inventory (product_id, quantity) SELECT id, 1000000 FROM p
"""
# Two units each; on every row one more hold that lives.
_GIVE: Final = """
    WITH held AS (
        INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, created_at, expires_at)
        SELECT i.id, 'cart', 2, now() - interval '1 hour', now() + n.ends
        FROM inventory AS i, LATERAL (
            SELECT CASE WHEN n <= :each THEN interval '-1 second' ELSE interval '1 day' END AS ends
            FROM generate_series(1, :each + 1) AS n) AS n
        RETURNING inventory_id, quantity
    )
    UPDATE inventory AS i SET reserved = i.reserved + h.units
    FROM (SELECT inventory_id, sum(quantity) AS units FROM held GROUP BY 1) AS h WHERE h.inventory_id = i.id
"""


class Holds:
    """The work of cleanup-reservations."""

    locked = True
    scheduled = True

    def open(self, world: World) -> None:
        self._world = world
        self._rounds = 0
        world.sql(_OPEN, items=_ITEMS)

    def give(self) -> Mapping[str, Any]:
        self._world.sql(_GIVE, each=_HOLDS // _ITEMS)
        self._rounds += 1
        return {}

    def meanwhile(self) -> None:
        """More carts are abandoned."""
        self.give()

    def left(self) -> int:
        return int(self._world.one(
            "SELECT count(*) FROM inventory_reservations WHERE status = 'active' AND expires_at <= now()"
        ))  # fmt: skip

    def effects(self) -> Sequence[Effect]:
        count = "SELECT count(*) FROM inventory_reservations WHERE status = "
        alive = self._rounds * _ITEMS
        return [
            Effect("holds released", self._rounds * _HOLDS, self._world.one(f"{count}'expired'")),
            Effect("live holds kept", alive, self._world.one(f"{count}'active'")),
            Effect("units still reserved", alive * 2, self._world.one("SELECT sum(reserved)::int FROM inventory")),
        ]

    def close(self) -> None:
        """Nothing of its own."""
