"""Reads the options that Magento 2 writes for its configurable products."""

from __future__ import annotations

import re
from typing import Any

from product_checks.extraction.availability import best_of
from product_checks.extraction.hints import Hints
from product_checks.extraction.model import MAX_VARIANTS, Availability, Variant
from product_checks.extraction.money import read_amount
from product_checks.extraction.nodes import Node, text
from product_checks.extraction.page import Page
from product_checks.extraction.shop_data import ShopData, decode_at, lowest

_CONFIG = re.compile(r'"(?:spConfig|jsonConfig)"\s*:\s*(?={)')
_MAX_SCRIPT = 3_000_000


def read_magento(page: Page) -> ShopData | None:
    """The variants of the page's configurable product, if it is one."""
    for script in (s.text for s in page.scripts if "Config" in s.text and len(s.text) < _MAX_SCRIPT):
        match = _CONFIG.search(script)
        config = decode_at(script, match.end()) if match else None
        if isinstance(config, dict) and isinstance(config.get("optionPrices"), dict):
            return _read(config, page.hints)
    return None


def _read(config: Node, hints: Hints) -> ShopData:
    labels = _labels(config.get("attributes"))
    skus = config.get("sku") if isinstance(config.get("sku"), dict) else {}
    stock = _salable(config.get("salable"))
    ids = list(config["optionPrices"])[: MAX_VARIANTS + 1]
    variants = tuple(
        Variant(
            sku=text(skus.get(number)) if isinstance(skus, dict) else None,
            attributes=labels.get(number, {}),
            price=_final_price(config["optionPrices"][number], hints),
            availability=_stock(number, stock),
        )
        for number in ids
    )
    found = best_of([v.availability for v in variants])
    return ShopData(price=lowest(variants), availability=found, variants=variants if len(variants) > 1 else ())


def _final_price(prices: Any, hints: Hints) -> Any:
    final = prices.get("finalPrice") if isinstance(prices, dict) else None
    amount = read_amount(final.get("amount"), None, hints) if isinstance(final, dict) else None
    return amount.low if amount else None


def _labels(attributes: Any) -> dict[str, dict[str, str]]:
    """The option labels of each product: {"12": {"Color": "Red"}}."""
    found: dict[str, dict[str, str]] = {}
    for attribute in list(attributes.values())[:20] if isinstance(attributes, dict) else []:
        if not isinstance(attribute, dict) or not isinstance(attribute.get("options"), list):
            continue
        name = text(attribute.get("label") or attribute.get("code")) or "option"
        for option in attribute["options"][:MAX_VARIANTS]:
            for number in (option.get("products") or [])[:MAX_VARIANTS] if isinstance(option, dict) else []:
                found.setdefault(str(number), {})[name] = text(option.get("label")) or ""
    return found


def _salable(value: Any) -> set[str] | None:
    """The products that can be bought; None where the shop does not say."""
    if not isinstance(value, dict) or not value:
        return None
    lists = [ids for options in value.values() if isinstance(options, dict) for ids in options.values()]
    return {str(number) for ids in lists if isinstance(ids, list) for number in ids}


def _stock(number: str, salable: set[str] | None) -> Availability:
    if salable is None:
        return Availability.UNKNOWN
    return Availability.IN_STOCK if number in salable else Availability.OUT_OF_STOCK
