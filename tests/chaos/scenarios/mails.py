"""News for people: each is written once and reaches its reader once, but for mails that were recorded as doubtful."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.chaos.effects import Effect
from tests.chaos.world import World

_PEOPLE: Final = 4
_PERSON: Final = """
    INSERT INTO users (email, name, locale)
    SELECT 'reader-' || n || '@example.com', 'Reader', 'en-GB' FROM generate_series(1, :people) AS n
"""
_THING: Final = """
    INSERT INTO products (url, name, price, currency, availability, regular_price, regular_currency)
    VALUES ('https://shop.example/' || :name, :name, 90, 'EUR', 'in_stock', 100, 'EUR') RETURNING id
"""
_WISH: Final = "INSERT INTO wishlists (user_id, product_id) SELECT id, :thing FROM users"
_STOCK: Final = """
    INSERT INTO inventory (product_id, quantity) VALUES (:thing, :quantity)
    ON CONFLICT (product_id, variant_id) DO UPDATE SET quantity = excluded.quantity
"""
_NEWS: Final = """
    WITH followed AS (INSERT INTO tracked_items (user_id, product_id) SELECT id, :thing FROM users)
    INSERT INTO notifications (event_key, user_id, product_id, kind, payload)
    SELECT 'price_drop:' || :thing || ':' || id, id, :thing, 'price_drop',
           '{"old_price": "100.00", "price": "90.00", "currency": "EUR"}' FROM users
"""


class _Mails:
    """What the three jobs that mail have in common; each round has one thing that everybody hears of."""

    locked = True
    scheduled = True

    def open(self, world: World) -> None:
        self._world = world
        self._things = 0
        world.sql(_PERSON, people=_PEOPLE)

    def give(self) -> Mapping[str, Any]:
        self._things += 1
        self._make_news(int(self._world.one(_THING, name=f"Thing No {self._things:03}")))
        return {}

    def _make_news(self, thing: int) -> None:
        raise NotImplementedError

    def meanwhile(self) -> None:
        """More news."""
        self.give()

    def left(self) -> int:
        due = self._things * _PEOPLE - int(self._world.one("SELECT count(*) FROM notifications"))
        return due + int(self._world.one("SELECT count(*) FROM notifications WHERE status IN ('pending', 'claimed')"))

    def effects(self) -> Sequence[Effect]:
        news = self._things * _PEOPLE
        told = Counter(
            (mail.to[0], thing)
            for mail in self._world.mailbox.mails
            for thing in range(1, self._things + 1)
            if f"Thing No {thing:03}" in mail.part("plain")
        )
        sent, doubtful = (
            int(self._world.one("SELECT count(*) FROM mails WHERE state = :state", state=state))
            for state in ("sent", "doubtful")
        )
        return [
            Effect("news written", news, self._world.one("SELECT count(*) FROM notifications")),
            Effect(
                "news marked as told", news, self._world.one("SELECT count(*) FROM notifications WHERE status = 'sent'")
            ),
            Effect("news that reached its reader", news, len(told)),
            Effect("mails", sent, len(self._world.mailbox.mails), at_most=sent + doubtful),
        ]

    def close(self) -> None:
        """Nothing of its own."""


class Sales(_Mails):
    """The work of wishlist-sale-check."""

    def _make_news(self, thing: int) -> None:
        self._world.sql(_WISH, thing=thing)
        self._world.sql("UPDATE products SET sale_price = 80 WHERE id = :thing", thing=thing)


class Restocks(_Mails):
    """The work of wishlist-stock-check."""

    def _make_news(self, thing: int) -> None:
        self._world.sql(_STOCK, thing=thing, quantity=10)
        self._world.sql(_WISH, thing=thing)
        for quantity in (0, 10):
            self._world.sql(_STOCK, thing=thing, quantity=quantity)


class Waiting(_Mails):
    """The work of deliver-notifications."""

    def _make_news(self, thing: int) -> None:
        self._world.sql(_NEWS, thing=thing)
