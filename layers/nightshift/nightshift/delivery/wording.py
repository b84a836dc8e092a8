"""What a digest says of itself: its subject, its heading, and the line that inboxes show after the subject."""

from __future__ import annotations

from typing import Final

from nightshift.delivery.digest import PRICE, Digest, Item, clean
from nightshift.delivery.money import price

_SUBJECT_LENGTH: Final = 110
_NAME_LENGTH: Final = 60


def subject(digest: Digest, locale: str) -> str:
    """Return the subject: what it is about where that is one thing, otherwise how much there is of what."""
    if len(digest.items) == 1 and not digest.more:
        return clean(_of_one(digest.items[0], locale), _SUBJECT_LENGTH)
    return heading(digest)


def heading(digest: Digest) -> str:
    """Return the headline, as in `2 lower prices, 1 item back in stock`."""
    prices, stocks = len(digest.prices), len(digest.stocks)
    if len(digest.items) == 1 and not digest.more:
        return "Now at a lower price" if prices else "Back in stock"
    if digest.more:
        return f"{prices + stocks + digest.more} pieces of news about what you follow"
    parts = [
        _counted(prices, "lower price", "lower prices") if prices else "",
        _counted(stocks, "item back in stock", "items back in stock") if stocks else "",
    ]
    return " and ".join(part for part in parts if part)


def preheader(digest: Digest, locale: str) -> str:
    """Return the line after the subject: the first items by name."""
    told = [f"{clean(item.name, _NAME_LENGTH)}{_with_price(item, locale)}" for item in digest.items[:3]]
    left = len(digest.items) - len(told) + digest.more
    return " · ".join(told) + (f" · and {left} more" if left else "")


def _of_one(item: Item, locale: str) -> str:
    name = clean(item.name, _NAME_LENGTH)
    if item.section != PRICE:
        return f"{name} is back in stock"
    if item.price is None:
        return f"{name} costs less now"
    was = f", was {price(item.was, item.currency, locale)}" if item.was else ""
    return f"{name} is now {price(item.price, item.currency, locale)}{was}"


def _with_price(item: Item, locale: str) -> str:
    return f" {price(item.price, item.currency, locale)}" if item.price is not None else ""


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
