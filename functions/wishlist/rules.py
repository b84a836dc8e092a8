"""Who hears of what, as a table of rules; `queries.sql` and the triggers of the migrations apply it to all wishes.

A sale of an item, and this person | what happens
--- | ---
the wish is in another currency, or its price is not known | LEARN: hears nothing, knows the price from now on
the price is not below what they know by the percentage asked for | NOTHING
the price is below what they know | TELL: hears of it, knows this price from now on

What a person knows is the price that they were last told in this sale; before that, the price when they wished. When a
sale ends, what was told in it is forgotten: the next one is compared with the price when wished again.

An item, and this person | what happens
--- | ---
has been available ever since the wish, or since they were last told | NOTHING
was out of stock since then, and is | NOTHING yet
was out of stock since then, and is available now | TELL: hears of it, waits for the next time it is out
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Verdict(StrEnum):
    """What a check does about one wish."""

    TELL = "tell"
    LEARN = "learn"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Prices:
    """What the shop asks for an item: both ends of the dates may be open, the end does not belong to the sale."""

    regular: Decimal | None = None
    currency: str | None = None
    sale: Decimal | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def is_on_sale(self, at: datetime) -> bool:
        """Whether there is a valid sale price, below the regular one, inside its dates."""
        return (
            self.regular is not None
            and self.sale is not None
            and 0 < self.sale < self.regular
            and (self.starts_at is None or self.starts_at <= at)
            and (self.ends_at is None or at < self.ends_at)
        )

    def now(self, at: datetime) -> Decimal | None:
        """Return what it costs at this moment."""
        return self.sale if self.is_on_sale(at) else self.regular


@dataclass(frozen=True)
class Wish:
    """What matters of one wish: the price when wished, what was told in this sale, and whether it was out since."""

    price: Decimal | None
    currency: str | None
    told: Decimal | None = None
    seen_out: bool = False

    @property
    def known(self) -> Decimal | None:
        """The price that a sale must be below."""
        return self.told if self.told is not None else self.price


def same_sale(before: Prices, after: Prices, at: datetime) -> bool:
    """Whether a change of prices leaves the sale that goes on the same one; otherwise what was told is forgotten."""
    return before.is_on_sale(at) and after.is_on_sale(at) and before.currency == after.currency


def judge_sale(prices: Prices, wish: Wish, at: datetime, min_drop_percent: int = 0) -> Verdict:
    """Decide about one wish for an item with these prices."""
    if not prices.is_on_sale(at):
        return Verdict.NOTHING
    if wish.known is None or wish.currency != prices.currency:
        return Verdict.LEARN
    price, known = prices.sale or Decimal(0), wish.known
    is_drop = price < known and price * 100 <= known * (100 - min_drop_percent)
    return Verdict.TELL if is_drop else Verdict.NOTHING


def after_sale(prices: Prices, wish: Wish, verdict: Verdict) -> Wish:
    """Return the wish as it is after a check."""
    if verdict is Verdict.TELL:
        return replace(wish, told=prices.sale)
    if verdict is Verdict.LEARN:
        return replace(wish, price=prices.regular, currency=prices.currency, told=prices.sale)
    return wish


def judge_stock(wish: Wish, available: int | None) -> Verdict:
    """Decide about one wish for an item of which so much can be sold, reservations counted (None: not known)."""
    return Verdict.TELL if wish.seen_out and available is not None and available > 0 else Verdict.NOTHING
