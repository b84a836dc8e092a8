"""What the extraction of a page gives: one frozen value that other code can store, compare and print."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from product_checks.extraction.currency import format_price

MAX_VARIANTS = 1000


class Availability(StrEnum):
    """Stock of a product or variant. `UNKNOWN` means the page does not say; it is never "out of stock"."""

    IN_STOCK = "in_stock"
    OUT_OF_STOCK = "out_of_stock"
    PREORDER = "preorder"
    BACKORDER = "backorder"
    DISCONTINUED = "discontinued"
    MADE_TO_ORDER = "made_to_order"
    IN_STORE_ONLY = "in_store_only"
    LIMITED = "limited"
    UNKNOWN = "unknown"


class Failure(StrEnum):
    """Why a page gave no product."""

    BLOCKED = "blocked"
    NOT_A_PRODUCT = "not_a_product"
    SEVERAL_PRODUCTS = "several_products"
    GONE = "gone"
    EMPTY = "empty"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Quote:
    """Price, currency and stock as one place of a page states them; everything not stated is None or unknown."""

    price: Decimal | None = None
    currency: str | None = None
    availability: Availability = Availability.UNKNOWN
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One buyable form of a product (a size, a colour), in page order."""

    sku: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    price: Decimal | None = None
    currency: str | None = None
    availability: Availability = Availability.UNKNOWN

    def to_json(self) -> dict[str, Any]:
        """The variant as JSON data, the price as a decimal string."""
        return {
            "sku": self.sku,
            "attributes": dict(self.attributes),
            "price": format_price(self.price, self.currency),
            "currency": self.currency,
            "availability": self.availability.value,
        }


@dataclass(frozen=True, slots=True)
class Extraction:
    """A product page read, or the reason why it is none.

    `failure` is set exactly when `is_product` is false. `reason` is a sentence: why there is no product, or which
    of its values the page leaves open. `price` is the price to track; `price_low` and `price_high` the range that
    variants or offers span. `image` is an absolute URL.
    """

    is_product: bool
    reason: str | None = None
    failure: Failure | None = None
    title: str | None = None
    brand: str | None = None
    image: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    availability: Availability = Availability.UNKNOWN
    variants: tuple[Variant, ...] = ()
    price_low: Decimal | None = None
    price_high: Decimal | None = None

    @classmethod
    def failed(cls, failure: Failure, reason: str) -> Extraction:
        """The result for a page without a product."""
        return cls(is_product=False, failure=failure, reason=reason)

    def to_json(self) -> dict[str, Any]:
        """The result as JSON data, prices as decimal strings with the decimals of their currency."""
        return {
            "is_product": self.is_product,
            "reason": self.reason,
            "failure": self.failure.value if self.failure else None,
            "title": self.title,
            "brand": self.brand,
            "image": self.image,
            "price": format_price(self.price, self.currency),
            "price_low": format_price(self.price_low, self.currency),
            "price_high": format_price(self.price_high, self.currency),
            "currency": self.currency,
            "availability": self.availability.value,
            "variants": [variant.to_json() for variant in self.variants],
        }
