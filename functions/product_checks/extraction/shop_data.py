"""What shop software embeds about the product of a page beyond structured data: one shape for all of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from product_checks.extraction.model import Availability, Variant

DECODER = json.JSONDecoder(strict=False, parse_float=Decimal, parse_constant=lambda _: None)


@dataclass(frozen=True, slots=True)
class ShopData:
    """A product as the shop's own scripts see it; `price` is its lowest, or its selected variant's."""

    title: str | None = None
    brand: str | None = None
    image: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    availability: Availability = Availability.UNKNOWN
    variants: tuple[Variant, ...] = ()


def decode_at(text: str, position: int) -> Any:
    """The JSON value that starts at a position of a script; None when none does."""
    try:
        return DECODER.raw_decode(text, position)[0]
    except (ValueError, RecursionError):
        return None


def decode(text: str) -> Any:
    """The JSON value that a text is; None when it is none."""
    try:
        return DECODER.decode(text.strip())
    except (ValueError, RecursionError):
        return None


def lowest(variants: tuple[Variant, ...]) -> Decimal | None:
    """The lowest price of the variants that state one."""
    return min((v.price for v in variants if v.price is not None), default=None)


def yes_or_no(value: Any) -> Availability:
    """What a shop's own "can be bought" says; unknown when it is neither true nor false."""
    if not isinstance(value, bool):
        return Availability.UNKNOWN
    return Availability.IN_STOCK if value else Availability.OUT_OF_STOCK


def with_currency(data: ShopData, currency: str | None) -> ShopData:
    """The same data, in a currency that the page names elsewhere, where it names none itself."""
    if data.currency or not currency:
        return data
    variants = tuple(replace(v, currency=v.currency or currency) for v in data.variants)
    return replace(data, currency=currency, variants=variants)
