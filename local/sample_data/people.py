"""Who follows what in the market: a few people with their own ideas of what is worth a message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from local.shop import catalogue
from local.shop.stores import (
    BRASSICA,
    BUSY_BEE,
    HOLLOW_OAK,
    KAMOME,
    KERBSIDE,
    LUMEN,
    NORDLICHT,
    PEAKLINE,
    SNAILMAIL,
    TIDEWATER,
    Store,
)


@dataclass(frozen=True)
class Person:
    """A user of the sample data, found by the address."""

    email: str
    name: str
    locale: str


@dataclass(frozen=True)
class Following:
    """One tracked item: a product by its path, or one of its variants by SKU, and what its person wants to hear."""

    person: Person
    path: str
    sku: str | None = None
    min_drop_percent: Decimal = Decimal(0)
    price: bool = True
    stock: bool = True


ADA = Person("ada@example.com", "Ada Quist", "en-GB")
BEN = Person("ben@example.com", "Ben Okafor", "en-US")
CHIARA = Person("chiara@example.com", "Chiara Wendt", "de-DE")
PEOPLE = (ADA, BEN, CHIARA)

_TEN_PERCENT = Decimal(10)


def _everything(person: Person, *stores: Store, min_drop_percent: Decimal = Decimal(0)) -> Iterator[Following]:
    """The person follows every product of these shops."""
    for store in stores:
        for product in catalogue.of(store):
            yield Following(person, product.tracked_path, min_drop_percent=min_drop_percent)


FOLLOWINGS = (
    *_everything(ADA, LUMEN, TIDEWATER, HOLLOW_OAK, SNAILMAIL),
    *_everything(BEN, PEAKLINE, KERBSIDE, KAMOME, min_drop_percent=_TEN_PERCENT),
    *_everything(CHIARA, NORDLICHT, BRASSICA, BUSY_BEE),
    # The same product, other wishes: only the stock, only large drops, one size alone.
    Following(BEN, "/lamps/linen-floor-lamp", price=False),
    Following(BEN, "/furniture/oak-side-table", min_drop_percent=_TEN_PERCENT),
    Following(CHIARA, "/lamps/larch-desk-lamp", min_drop_percent=Decimal(15), stock=False),
    Following(CHIARA, "/jackets/storm-shell", sku="PK-SHELL-M"),
    Following(ADA, "/jackets/storm-shell", sku="PK-SHELL-L"),
    Following(CHIARA, "/products/smoked-assam", sku="TT-ASSAM-500", price=False),
)
