"""Reads the variations that WooCommerce writes into its add-to-cart form, in decimals of the shop's currency."""

from __future__ import annotations

from typing import Any

from product_checks.extraction.availability import best_of
from product_checks.extraction.hints import Hints
from product_checks.extraction.model import MAX_VARIANTS, Availability, Variant
from product_checks.extraction.money import read_amount
from product_checks.extraction.nodes import Node, text
from product_checks.extraction.page import Page
from product_checks.extraction.shop_data import ShopData, decode, lowest, yes_or_no

_MAX_CHARS = 3_000_000


def read_woocommerce(page: Page) -> ShopData | None:
    """The variations of the page's first form that has any ("false" means that they are loaded later)."""
    for form in page.forms[:5]:
        stated = form.attributes.get("data-product_variations") or ""
        rows = decode(stated) if stated.startswith("[") and len(stated) < _MAX_CHARS else None
        variants = tuple(_variant(row, page.hints) for row in (rows or [])[: MAX_VARIANTS + 1] if _is_shown(row))
        if variants:
            return ShopData(
                price=lowest(variants),
                availability=best_of([v.availability for v in variants]),
                variants=variants if len(variants) > 1 else (),
            )
    return None


def _is_shown(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and row.get("variation_is_active") is not False
        and row.get("variation_is_visible") is not False
    )


def _variant(row: Node, hints: Hints) -> Variant:
    amount = read_amount(row.get("display_price"), None, hints)
    return Variant(
        text(row.get("sku")), _attributes(row.get("attributes")), amount.low if amount else None, None, _stock(row)
    )


def _attributes(stated: Any) -> dict[str, str]:
    if not isinstance(stated, dict):
        return {}
    pairs = ((name.removeprefix("attribute_").removeprefix("pa_"), text(value)) for name, value in stated.items())
    return {name: value for name, value in pairs if value}


def _stock(row: Node) -> Availability:
    shown = str(row.get("availability_html") or "")
    if "on-backorder" in shown:
        return Availability.BACKORDER
    return yes_or_no(row.get("is_in_stock"))
