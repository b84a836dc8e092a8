"""An outbox in a real PostgreSQL, an SES that counts, and the job that carries from one to the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nightshift.platform import platform
from notifications.deliver_notifications import handler
from tests.support import planted
from tests.support.aws import Aws
from tests.support.ses import Ses, ses_server

SECRET = planted.UNSUBSCRIBE
SETTINGS = {
    "MAIL_FROM": "news@shop.example",
    "SHOP_NAME": "Lumen & Daughters",
    "SHOP_URL": "https://shop.example",
    "PUBLIC_URL": "https://door.example",
    "WISHLIST_TIMEZONE": "Europe/Berlin",
    "SES_MAX_PER_SECOND": "1000",
    "SES_CONFIGURATION_SET": "the-set",
    "MAX_EMAILS_PER_USER_PER_DAY": "3",
}


class Store:
    """The outbox as the tests fill it and look at it."""

    def __init__(self, connection: Any) -> None:
        self.run = connection.run
        self._numbers = iter(range(1, 10_000))

    def one(self, sql: str) -> Any:
        """Return the one value that a query answers."""
        return self.run(sql)[0][0]

    def person(self, name: str = "ada", locale: str = "en-GB") -> int:
        """Add a person and return the id."""
        return int(
            self.one(
                f"INSERT INTO users (email, name, locale) VALUES ('{name}@example.com', '{name.title()}', '{locale}')"
                " ON CONFLICT (email) DO UPDATE SET name = excluded.name RETURNING id"
            )
        )

    def product(self, name: str = "Larch Desk Lamp", price: str = "74.00", stock: str = "in_stock") -> int:
        """Add a product and return its id."""
        number = next(self._numbers)
        quoted = name.replace("'", "''")
        return int(
            self.one(
                "INSERT INTO products (url, name, image_url, price, currency, availability) VALUES"
                f" ('https://shop.example/p/{number}', '{quoted}', 'https://img.example/{number}.jpg', {price}, 'EUR',"
                f" '{stock}') RETURNING id"
            )
        )

    def notify(self, person: int, product: int, kind: str = "price_drop", **payload: Any) -> int:
        """Add a notification of something that this person follows and return its id."""
        drop = {"old_price": "89.00", "price": "74.00", "currency": "EUR"}
        content = json.dumps(payload or (drop if kind == "price_drop" else {"availability": "in_stock"}))
        self.run(f"INSERT INTO tracked_items (user_id, product_id) VALUES ({person}, {product}) ON CONFLICT DO NOTHING")
        quoted = content.replace("'", "''")
        return int(
            self.one(
                "INSERT INTO notifications (event_key, user_id, product_id, kind, payload) VALUES"
                f" ('{kind}:{next(self._numbers)}', {person}, {product}, '{kind}', '{quoted}') RETURNING id"
            )
        )

    def tell(self, name: str = "ada", number: int = 1) -> list[int]:
        """Add so many notifications about different products for one person."""
        person = self.person(name)
        return [self.notify(person, self.product(f"Thing {name} {count}")) for count in range(number)]

    @property
    def statuses(self) -> list[str]:
        """What became of each notification, in their order."""
        return [row[0] for row in self.run("SELECT status FROM notifications ORDER BY id")]

    @property
    def states(self) -> list[str]:
        """The states of all mails, sorted."""
        return sorted(row[0] for row in self.run("SELECT state FROM mails"))


@pytest.fixture
def store(postgres: Any) -> Store:
    return Store(postgres)


@pytest.fixture
def ses(aws: Aws, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ses]:
    """SES, and an environment that leads there."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("UNSUBSCRIBE_SECRET_REF", aws.create_secret("unsubscribe", SECRET))
    with ses_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", server.endpoint)
        yield server


@pytest.fixture
def deliver(ses: Ses, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, Any]]:
    """Run the job once and return what it came to; it backs off for moments instead of seconds."""
    monkeypatch.setattr("nightshift.delivery.delivering._BACKOFF_S", (0.01, 0.01, 0.01))
    return lambda: handler({}, None)


def take_over(lock: str = "deliver-notifications") -> None:
    """Let the lease of a run that died be over, as its time would."""
    item = platform().locks.read(lock)
    if item and item.get("holder"):
        assert platform().locks.force_release(lock, item["holder"], "a test")
