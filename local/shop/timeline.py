"""What a product's page says on which day: offers, or the trouble that a visitor meets instead of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Trouble(StrEnum):
    """Why a page shows no offer; the value is how the tables write it."""

    NOT_FOUND = "404"
    GONE = "410"
    SOFT_404 = "soft 404"  # status 200 all the same
    WALL_403 = "wall 403"
    WALL_503 = "wall 503"
    WALL_200 = "wall 200"
    RATE_LIMITED = "429"
    NEVER = "never"  # no answer in time
    HUGE = "huge"
    FORBIDDEN = "metadata"  # redirects to an address that must not be asked
    DISALLOWED = "robots"  # robots.txt says no; the page itself would answer
    ARTICLE = "article"
    LISTING = "listing"


@dataclass(frozen=True)
class Offer:
    """A price as a shop means it, and the stock in the words of the check (`in_stock`, `preorder`, …)."""

    price: Decimal
    availability: str = "in_stock"

    @classmethod
    def parse(cls, cell: str) -> Offer:
        """Read `89.00` or `89.00 out_of_stock`."""
        price, _, availability = cell.partition(" ")
        return cls(Decimal(price), availability or "in_stock")


@dataclass(frozen=True)
class Timeline:
    """A product before the first day, and then day by day; after the last day it begins again with day 1."""

    before: Offer | None
    days: tuple[Offer | Trouble | None, ...]

    @classmethod
    def parse(cls, row: str) -> Timeline:
        """Read `before | day 1 | day 2 | …`; `-` is not known (before) or not on the page (a variant)."""
        first, *rest = (_cell(cell.strip()) for cell in row.split("|"))
        if isinstance(first, Trouble) or not rest:
            raise ValueError(f"a row needs an offer or '-' and then its days: {row}")
        return cls(first, tuple(rest))

    def on(self, day: int) -> Offer | Trouble | None:
        """What the page says on `day`, from 1 on; day 0 is what was known before."""
        return self.days[(day - 1) % len(self.days)] if day > 0 else self.before


_TROUBLES = {trouble.value: trouble for trouble in Trouble}


def _cell(text: str) -> Offer | Trouble | None:
    if text == "-":
        return None
    return _TROUBLES.get(text) or Offer.parse(text)
