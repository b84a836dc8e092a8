"""Pages whose prices fall: each price is learned once, in its order, and told once; no older price comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final

from tests.chaos.effects import Effect
from tests.chaos.world import World
from tests.support.pages import page_server

_PAGES: Final = 4
_FIRST_PRICE: Final = 1000
_FOLLOW: Final = """
    WITH u AS (INSERT INTO users (email) VALUES ('ada@example.com') ON CONFLICT (email) DO UPDATE SET name = 'Ada'
               RETURNING id),
         p AS (INSERT INTO products (url, price, currency, availability)
               VALUES (:url, :price, 'EUR', 'in_stock') RETURNING id)
    INSERT INTO tracked_items (user_id, product_id, reference_price, reference_currency)
    SELECT u.id, p.id, :price, 'EUR' FROM u, p
"""
# A check that failed is made again half an hour later; here at once.
_BEHIND: Final = "UPDATE products SET next_check_at = now() WHERE price <> :price RETURNING id"
_BACK: Final = """
    SELECT count(*) FROM (SELECT price > lag(price) OVER (PARTITION BY product_id ORDER BY id) AS is_back
                          FROM price_history) AS h WHERE is_back
"""


class Pages:
    """The work of product-checks."""

    locked = True
    scheduled = True

    def open(self, world: World) -> None:
        self._world = world
        self._open = ExitStack()
        self._shop = self._open.enter_context(page_server())
        self._price = _FIRST_PRICE
        self._learned: list[int] = []
        for page in range(_PAGES):
            world.sql(_FOLLOW, url=self._shop.product(f"/{page}", f"{self._price}.00"), price=self._price)

    def give(self) -> Mapping[str, Any]:
        self._fall()
        self._world.sql("UPDATE products SET next_check_at = now()")
        return {}

    def _fall(self) -> None:
        self._price -= 1
        for page in range(_PAGES):
            self._shop.product(f"/{page}", f"{self._price}.00")

    def meanwhile(self) -> None:
        """Prices fall again: whoever read them before knows old ones. What was checked already is due once more."""
        self.give()

    def left(self) -> int:
        return len(self._world.sql(_BEHIND, price=self._price))

    def effects(self) -> Sequence[Effect]:
        at_its_price = "SELECT count(*) FROM products WHERE price = :price"
        learned = int(self._world.one("SELECT count(*) FROM price_history"))
        told = int(self._world.one("SELECT count(*) FROM notifications WHERE kind = 'price_drop'"))
        distinct = "SELECT count(DISTINCT (product_id, price)) FROM price_history"
        return [
            Effect("prices as on their pages", _PAGES, self._world.one(at_its_price, price=self._price)),
            Effect("prices that came back", 0, self._world.one(_BACK)),
            Effect("prices learned once", int(self._world.one(distinct)), learned),
            Effect("drops told once", learned, told),
        ]

    def close(self) -> None:
        """The shop closes."""
        self._open.close()
