"""What one mail tells one person: pure rules from notifications to a digest.

Several notifications about the same thing become one item that says how it is now. At most `MAX_ITEMS` are shown, the
newest first; the rest is counted. A digest is never empty.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlsplit

MAX_ITEMS: Final = 50
PRICE: Final = "price"
STOCK: Final = "stock"
_SECTIONS: Final = {"price_drop": PRICE, "sale": PRICE, "back_in_stock": STOCK, "restock": STOCK}
_NAME_LENGTH: Final = 120
_DETAILS_LENGTH: Final = 60
_URL_LENGTH: Final = 600
_NAMELESS: Final = "An item you follow"


@dataclass(frozen=True)
class Notice:
    """One notification as it is stored, with what is known of its product now."""

    id: int
    kind: str
    product_id: int | None = None
    variant_id: int | None = None
    name: str | None = None
    url: str | None = None
    image_url: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    price: Decimal | None = None
    currency: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def section(self) -> str:
        """The part of the mail that it belongs to."""
        return _SECTIONS.get(self.kind, STOCK)

    @property
    def thing(self) -> tuple[str, int, int]:
        """What it is about: notifications about the same thing become one item."""
        if self.product_id is None:
            return self.section, -self.id, 0
        return self.section, self.product_id, self.variant_id or 0


@dataclass(frozen=True)
class Item:
    """One line of a digest; `was` is given only where the price is below it."""

    section: str
    name: str
    details: str = ""
    url: str | None = None
    image_url: str | None = None
    price: Decimal | None = None
    was: Decimal | None = None
    currency: str | None = None
    ends_at: datetime | None = None
    is_scarce: bool = False

    @property
    def percent(self) -> int:
        """By how much the price is lower, in whole percent, rounded down; 0 where that is not known."""
        if self.price is None or self.was is None:
            return 0
        return int((self.was - self.price) * 100 / self.was)


@dataclass(frozen=True)
class Digest:
    """The items of one mail, and how many more there are that it does not show."""

    items: tuple[Item, ...]
    more: int = 0

    @property
    def prices(self) -> tuple[Item, ...]:
        """What costs less."""
        return tuple(item for item in self.items if item.section == PRICE)

    @property
    def stocks(self) -> tuple[Item, ...]:
        """What is back."""
        return tuple(item for item in self.items if item.section == STOCK)

    def shortened(self) -> Digest:
        """Return the digest with half of its items, for a mail that came out too large."""
        kept = self.items[: len(self.items) // 2]
        return Digest(kept, self.more + len(self.items) - len(kept))


def compose(notices: Iterable[Notice], things: int = 0) -> Digest | None:
    """Return the digest of these notifications, or None where there are none.

    `things` is how many different items there are in all, where more wait than are given.
    """
    by_thing = sorted(notices, key=lambda notice: (notice.thing, -notice.id))
    groups = [tuple(group) for _, group in groupby(by_thing, key=lambda notice: notice.thing)]
    if not groups:
        return None
    groups.sort(key=lambda group: -group[0].id)
    shown = [_item(group) for group in groups[:MAX_ITEMS]]
    return Digest(tuple(shown), max(things, len(groups)) - len(shown))


def clean(text: str, length: int = _NAME_LENGTH) -> str:
    """Return text of a page on one line, without control and direction characters, and not longer than `length`."""
    visible = "".join(" " if letter.isspace() else letter for letter in text if not _is_hidden(letter))
    line = " ".join(visible.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def link(url: str | None) -> str | None:
    """Return an address that may be linked to, or None: http and https alone, of a bearable length."""
    if not url or len(url) > _URL_LENGTH or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def _item(group: Sequence[Notice]) -> Item:
    """Return the item of notifications about one thing, the newest first."""
    newest = group[0]
    item = Item(
        section=newest.section,
        name=clean(newest.name or "") or _NAMELESS,
        details=clean(", ".join(str(value) for value in newest.attributes.values()), _DETAILS_LENGTH),
        url=link(newest.url),
        image_url=link(newest.image_url),
    )
    if newest.section == STOCK:
        is_scarce = newest.payload.get("availability") == "limited"
        told = _amount(newest.payload.get("price"))
        price, currency = (told, newest.payload.get("currency")) if told else (newest.price, newest.currency)
        return replace(item, price=price, currency=_code(currency), is_scarce=is_scarce)
    price, was = _amount(newest.payload.get("price")), _before(group)
    return replace(
        item,
        price=price,
        was=was if price and was and price < was else None,
        currency=_code(newest.payload.get("currency")),
        ends_at=_moment(newest.payload.get("ends_at")),
    )


def _before(group: Sequence[Notice]) -> Decimal | None:
    """Return the highest price that these notifications started from, in the currency of the newest."""
    currency = group[0].payload.get("currency")
    payloads = [notice.payload for notice in group if notice.payload.get("currency") == currency]
    amounts = [_amount(payload.get(name)) for payload in payloads for name in ("regular_price", "old_price")]
    return max((amount for amount in amounts if amount), default=None)


def _amount(raw: Any) -> Decimal | None:
    try:
        amount = Decimal(str(raw))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount > 0 else None


def _code(raw: Any) -> str | None:
    return raw if isinstance(raw, str) and len(raw) == 3 and raw.isalpha() else None


def _moment(raw: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(raw))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _is_hidden(letter: str) -> bool:
    # Joiners (U+200C, U+200D) are part of words and of emoji; other format characters only serve to deceive.
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs") and not (letter.isspace() or letter in "\u200c\u200d")
