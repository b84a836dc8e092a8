"""What the system should know of the market after each day, and whom it should tell: the rules, said a second time.

Product checks have their own code for this; that both come to the same result is what `make run ONCE=1` asserts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from local.sample_data.people import Following
from local.shop.products import Product, Shown
from local.shop.timeline import Offer

_SOLD_OUT = frozenset({"out_of_stock", "discontinued"})
_FOR_SALE = frozenset({"in_stock", "limited"})


@dataclass(frozen=True)
class KnownVariant:
    """What is known of a variant; `vanished` when the page that was read last does not list it."""

    sku: str
    attributes: dict[str, str]
    position: int
    offer: Offer
    vanished: bool


@dataclass(frozen=True)
class Known:
    """What is known of a product: what its page said when it could last be read."""

    offer: Offer | None = None
    variants: tuple[KnownVariant, ...] = ()

    def of(self, sku: str | None) -> Offer | None:
        """The last known offer of one variant, or without `sku` the product's own."""
        if sku is None:
            return self.offer
        return next((item.offer for item in self.variants if item.sku == sku), None)


def known_after(product: Product, day: int) -> Known:
    """What is known once the pages of `day` have been read; day 0 is before the first run."""
    known = Known()
    for each in range(day + 1):
        known = _learn(known, product.shown(each))
    return known


def _learn(known: Known, shown: Shown | None) -> Known:
    if shown is None:
        return known
    listed = {
        variant.sku: KnownVariant(variant.sku, dict(variant.attributes), position, offer, vanished=False)
        for position, (variant, offer) in enumerate(shown.variants)
    }
    vanished = (_vanished(variant) for variant in known.variants if variant.sku not in listed)
    return Known(shown.headline, (*listed.values(), *vanished))


def _vanished(variant: KnownVariant) -> KnownVariant:
    return KnownVariant(variant.sku, variant.attributes, variant.position, variant.offer, vanished=True)


@dataclass(frozen=True)
class Told:
    """What a person is told of one product on one day, and the price that the next drop is measured against."""

    reference: Decimal | None = None
    price_drop: bool = False
    back_in_stock: bool = False

    @property
    def messages(self) -> int:
        """How many notifications that is."""
        return self.price_drop + self.back_in_stock


def told_on(product: Product, following: Following, day: int) -> Told:
    """What a person is told on `day`, after all that was told before."""
    known = known_after(product, 0)
    before = known.of(following.sku)
    told = Told(before.price if before else None)
    for each in range(1, day + 1):
        shown = product.shown(each)
        told = _tell(following, told.reference, known.of(following.sku), _learn(Known(), shown).of(following.sku))
        known = _learn(known, shown)
    return told


def _tell(following: Following, reference: Decimal | None, before: Offer | None, now: Offer | None) -> Told:
    if now is None:
        return Told(reference)
    is_back = bool(before and before.availability in _SOLD_OUT and now.availability in _FOR_SALE and following.stock)
    if reference is None or now.price > reference:
        return Told(now.price, back_in_stock=is_back)
    enough = reference * (1 - following.min_drop_percent / 100)
    if following.price and now.price < reference and now.price <= enough:
        return Told(now.price, price_drop=True, back_in_stock=is_back)
    return Told(reference, back_in_stock=is_back)
