"""What the shop itself has: wishes of its people, sales, stock that runs out and comes back, and abandoned carts.

On odd days of the market there is news; on even days yesterday's sale goes on, and nobody hears of it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from local.sample_data.people import ADA, BEN, CHIARA, Person

_LETTERS = "/books/letters-to-a-kettle"
_TROWEL = "/product/copper-trowel/"
_MUG = "/camp/trail-mug"


@dataclass(frozen=True)
class Item:
    """Something that the shop sells: its regular price, and the price of each sale (None: never on sale)."""

    path: str
    sku: str | None
    price: Decimal
    currency: str
    stock: int
    sale_price: Decimal | None = None
    runs_out: bool = False


@dataclass(frozen=True)
class Wish:
    """One row of a wishlist."""

    person: Person
    item: Item
    on_sale: bool = True
    on_stock: bool = True


@dataclass(frozen=True)
class Cart:
    """A cart that holds some of an item; one without `expires_minutes` lives by RESERVATION_TTL_MINUTES."""

    name: str
    item: Item
    quantity: int
    age_minutes: int
    expires_minutes: int | None = None

    @property
    def is_abandoned(self) -> bool:
        """Whether its hold has expired by the time of a run, with a setting of at most an hour."""
        return self.age_minutes >= (self.expires_minutes or 60)


LETTERS = Item(_LETTERS, None, Decimal("16.00"), "EUR", stock=40, sale_price=Decimal("12.00"))
TROWEL = Item(_TROWEL, "BB-TRO-L", Decimal("41.00"), "EUR", stock=5, runs_out=True)
MUG = Item(_MUG, None, Decimal("24.00"), "USD", stock=12)
ITEMS = (LETTERS, TROWEL, MUG)

WISHES = (
    Wish(ADA, LETTERS),
    Wish(CHIARA, TROWEL),
    # Does not want to hear of sales.
    Wish(CHIARA, LETTERS, on_sale=False),
    # Has been in stock, at one price, all along.
    Wish(BEN, MUG),
)

CARTS = (
    Cart("left at the checkout", MUG, quantity=2, age_minutes=90),
    Cart("closed laptop", MUG, quantity=1, age_minutes=45, expires_minutes=15),
    Cart("second thoughts", LETTERS, quantity=3, age_minutes=25, expires_minutes=20),
    Cart("still shopping", MUG, quantity=1, age_minutes=1, expires_minutes=120),
)


def has_news(day: int) -> bool:
    """Whether a sale begins and something comes back on `day`."""
    return day % 2 == 1


def told_of_sales(day: int) -> tuple[Wish, ...]:
    """The wishes whose people hear of a sale on `day`."""
    return tuple(wish for wish in WISHES if has_news(day) and wish.on_sale and wish.item.sale_price is not None)


def told_of_restocks(day: int) -> tuple[Wish, ...]:
    """The wishes whose people hear on `day` that something is back."""
    return tuple(wish for wish in WISHES if has_news(day) and wish.on_stock and wish.item.runs_out)


def abandoned() -> tuple[Cart, ...]:
    """The carts whose holds go back, on every day."""
    return tuple(cart for cart in CARTS if cart.is_abandoned)
