"""What a page tells that was not known before: pure rules over what is stored and what was read.

What a page does not state was not learned and changes nothing: an unknown price moves no price.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

OUT_OF_STOCK = frozenset({"out_of_stock", "discontinued"})
AVAILABLE = frozenset({"in_stock", "limited"})
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Offer:
    """A price and a stock, of a product or of one of its variants; None and `unknown` are not known."""

    price: Decimal | None = None
    currency: str | None = None
    availability: str = UNKNOWN


@dataclass(frozen=True)
class KnownVariant:
    """A variant as it is stored."""

    id: int
    position: int
    offer: Offer
    sku: str | None = None
    attributes: Mapping[str, str] | None = None
    vanished: bool = False


@dataclass(frozen=True)
class SeenVariant:
    """A variant as the page states it."""

    offer: Offer
    sku: str | None = None
    attributes: Mapping[str, str] | None = None


@dataclass(frozen=True)
class OfferChange:
    """What one offer's page told: the values that were learned, and whether they differ from what was known."""

    price: Decimal | None
    currency: str | None
    availability: str | None
    price_changed: bool
    stock_changed: bool
    is_back: bool


@dataclass(frozen=True)
class VariantChange:
    """One variant on the page; without an `id` it is new."""

    id: int | None
    position: int
    seen: SeenVariant
    change: OfferChange


@dataclass(frozen=True)
class Changes:
    """All that one page told of a product."""

    product: OfferChange
    variants: Sequence[VariantChange]
    vanished: Sequence[int]

    def summary(self) -> dict[str, Any]:
        """Count what changed, for the check's record."""
        new = sum(variant.id is None for variant in self.variants)
        offers = [self.product, *(variant.change for variant in self.variants if variant.id is not None)]
        counts = {
            "price_changes": sum(offer.price_changed for offer in offers),
            "stock_changes": sum(offer.stock_changed for offer in offers),
            "variants": len(self.variants),
            "variants_added": new,
            "variants_vanished": len(self.vanished),
        }
        return {name: count for name, count in counts.items() if count}


def compare(
    known: Offer, known_variants: Sequence[KnownVariant], seen: Offer, seen_variants: Sequence[SeenVariant]
) -> Changes:
    """Tell what a page changes.

    Where a page lists no variants at all nothing is learned of them, so none is taken for vanished.
    """
    matches = match_variants(known_variants, seen_variants)
    by_id = {variant.id: variant for variant in known_variants}
    variants = [
        VariantChange(
            match, position, variant, learn(by_id[match].offer if match is not None else Offer(), variant.offer)
        )
        for position, (variant, match) in enumerate(zip(seen_variants, matches, strict=True))
    ]
    still_here = {match for match in matches if match is not None}
    vanished = [v.id for v in known_variants if seen_variants and v.id not in still_here and not v.vanished]
    return Changes(learn(known, seen), variants, vanished)


def learn(known: Offer, seen: Offer) -> OfferChange:
    """Tell what a stated offer changes.

    A price whose currency is not stated is no news where a currency is known: it would have to be assumed.
    """
    price, currency = seen.price, seen.currency
    if price is not None and currency is None and known.currency is not None:
        price = None
    availability = seen.availability if seen.availability != UNKNOWN else None
    return OfferChange(
        price=price,
        currency=currency if price is not None else None,
        availability=availability,
        price_changed=price is not None and (price, currency) != (known.price, known.currency),
        stock_changed=availability is not None and availability != known.availability,
        is_back=known.availability in OUT_OF_STOCK and availability in AVAILABLE,
    )


def match_variants(known: Sequence[KnownVariant], seen: Sequence[SeenVariant]) -> list[int | None]:
    """Find for each variant on the page the stored one it is: by SKU, then by attributes, then by position.

    A key that stands twice on either side decides nothing. Position decides only where nothing contradicts it: two
    different SKUs, or two different sets of attributes, are two variants wherever they stand.
    """
    matches: list[int | None] = [None] * len(seen)
    free = {variant.id: variant for variant in known}

    def take(position: int, variant: KnownVariant) -> None:
        matches[position] = variant.id
        del free[variant.id]

    for key in (_sku, _attributes):
        stored = _unique((variant, key(variant)) for variant in free.values())
        stated = _unique((position, key(seen[position])) for position, match in enumerate(matches) if match is None)
        for value, position in stated.items():
            if value in stored:
                take(position, stored[value])
    by_position = {variant.position: variant for variant in free.values() if not variant.vanished}
    for position, match in enumerate(matches):
        candidate = by_position.get(position)
        if match is None and candidate is not None and not _contradict(candidate, seen[position]):
            take(position, candidate)
    return matches


_Keyed = KnownVariant | SeenVariant


def _sku(variant: _Keyed) -> Hashable:
    return variant.sku.strip().casefold() or None if variant.sku else None


def _attributes(variant: _Keyed) -> Hashable:
    pairs = (variant.attributes or {}).items()
    return frozenset((name.strip().casefold(), str(value).strip().casefold()) for name, value in pairs) or None


def _contradict(stored: KnownVariant, stated: SeenVariant) -> bool:
    keys: tuple[Callable[[_Keyed], Hashable], ...] = (_sku, _attributes)
    return any(key(stored) and key(stated) and key(stored) != key(stated) for key in keys)


def _unique(pairs: Any) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    twice = set()
    for item, key in pairs:
        if key is None:
            continue
        if key in found:
            twice.add(key)
        found[key] = item
    return {key: item for key, item in found.items() if key not in twice}
