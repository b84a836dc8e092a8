"""Reads the product out of the state that script frameworks embed as JSON (Next.js, Nuxt, preloaded stores)."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from product_checks.extraction.availability import best_of, read_availability
from product_checks.extraction.currency import decimals, read_currency
from product_checks.extraction.hints import Hints
from product_checks.extraction.main_product import same_name
from product_checks.extraction.model import MAX_VARIANTS, Availability, Variant
from product_checks.extraction.money import Amount, read_amount
from product_checks.extraction.nodes import Node, name_of, text
from product_checks.extraction.page import Page
from product_checks.extraction.shop_data import ShopData, decode, decode_at, lowest
from product_checks.extraction.words import words

_ASSIGNED = re.compile(
    r"(?:__NUXT__|__NEXT_DATA__|__INITIAL_STATE__|__PRELOADED_STATE__|__INITIAL_PROPS__|__STATE__|__data|BCData"
    r"|__PRODUCT__|__REMIX_CONTEXT__|__remixContext|initialState|productData)\s*=\s*(?={)"
)
_JSON_IDS = frozenset({"__next_data__", "__nuxt_data__", "initial-state", "__preloaded_state__", "product-data"})
_SCRIPT = re.compile(r"<script\b.*?</script|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_LEAST_CENTS = 100
_MAX_SCRIPT = 3_000_000
_MAX_NODES = 60_000
_MAX_DEPTH = 14
# Under these names states hold the page's own product; lists and recommendations go by others.
_PRODUCT_KEYS = words(
    "product productdata productdetails productdetail currentproduct selectedproduct productpage productinfo pdp"
    " product_attributes productbyhandle"
)
_PRICE_KEYS = (
    "price",
    "currentPrice",
    "salePrice",
    "finalPrice",
    "sellingPrice",
    "prices",
    "priceInfo",
    "priceRange",
    "price_range",
)
_STOCK_KEYS = (
    "availability",
    "availableForSale",
    "inStock",
    "isInStock",
    "in_stock",
    "available",
    "stockStatus",
    "availabilityStatus",
    "instock",
)
_VARIANT_KEYS = ("variants", "skus", "variations")


def read_embedded(page: Page, title: str | None) -> ShopData | None:
    """The page's own product in embedded state; `title` is what the page calls it elsewhere."""
    found = []
    for state in _states(page):
        found += _products(state)
    found = [p for p in found if _name(p) and (_price(p, page.hints) or _variant_rows(p))]
    if title is not None:
        found = [p for p in found if same_name(_name(p), title)] or found
    names = {_name(p) for p in found}
    return _without_hundredths(_read(max(found, key=len), page.hints), page) if len(names) == 1 else None


def _without_hundredths(data: ShopData, page: Page) -> ShopData:
    """Without prices where 1999 may be 19.99: some states count in cents, and the page does not show the number."""
    price = data.price
    is_clear = price is None or price < _LEAST_CENTS or price % 1 or decimals(data.currency) == 0
    if is_clear or price is None or _shows(page, int(price)):
        return data
    return replace(data, price=None, variants=tuple(replace(v, price=None) for v in data.variants))


def _shows(page: Page, number: int) -> bool:
    grouped = f"{number:,}".replace(",", r"[.,'\u2019\s\u00a0\u202f]?")
    return re.search(rf"(?<![\d.,]){grouped}(?![\d])(?![.,]\d{{3}})", _SCRIPT.sub(" ", page.html)) is not None


def _states(page: Page) -> list[Any]:
    states = []
    for kind, name, script in page.scripts:
        if not script or len(script) > _MAX_SCRIPT:
            continue
        if "json" in kind:
            states.append(decode(script) if name in _JSON_IDS else None)
        elif (match := _ASSIGNED.search(script)) is not None:
            states.append(decode_at(script, match.end()))
    return [_unfolded(state) for state in states if state is not None]


def _unfolded(state: Any) -> Any:
    """Nuxt 3 flattens its state into a list whose objects point at entries by number."""
    if not isinstance(state, list) or not state or len(state) > _MAX_NODES:
        return state
    budget = [_MAX_NODES]

    def entry(number: Any, depth: int) -> Any:
        budget[0] -= 1
        if not isinstance(number, int) or not 0 <= number < len(state) or depth > _MAX_DEPTH or budget[0] < 0:
            return None
        value = state[number]
        if isinstance(value, dict):
            return {k: entry(v, depth + 1) for k, v in value.items()}
        if isinstance(value, list):
            inner = value[1:] if value and isinstance(value[0], str) else value
            unfolded = [entry(v, depth + 1) for v in inner]
            return unfolded[0] if value and isinstance(value[0], str) and len(unfolded) == 1 else unfolded
        return value

    return entry(0, 0)


def _products(state: Any) -> list[Node]:
    """The objects that stand under a name for the page's own product."""
    found: list[Node] = []
    stack: list[tuple[Any, int]] = [(state, 0)]
    budget = _MAX_NODES
    while stack and budget:
        budget -= 1
        value, depth = stack.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                if key.lower() in _PRODUCT_KEYS and isinstance(inner, dict):
                    found.append(inner)
                if isinstance(inner, (dict, list)) and depth < _MAX_DEPTH:
                    stack.append((inner, depth + 1))
        elif isinstance(value, list) and depth < _MAX_DEPTH and len(value) < 200:
            stack += [(inner, depth + 1) for inner in value if isinstance(inner, dict)]
    return found[:50]


def _name(product: Node) -> str | None:
    return next((n for k in ("name", "title", "productName", "displayName") if (n := text(product.get(k)))), None)


def _price(product: Node, hints: Hints) -> Amount | None:
    for key in _PRICE_KEYS:
        found = _money(product.get(key), hints, 0)
        if found is not None:
            return found
    return None


def _money(value: Any, hints: Hints, depth: int) -> Amount | None:
    """A price in the shapes that shop APIs give: a number, an amount with a currency, cents with their fraction."""
    if not isinstance(value, dict):
        return read_amount(value, None, hints) if not isinstance(value, list) else None
    currency = next((c for k in _CURRENCY_KEYS if (c := read_currency(value.get(k), hints))), None)
    cents = value.get("centAmount")
    if isinstance(cents, int):
        digits = value.get("fractionDigits", 2)
        scaled = Decimal(cents).scaleb(-digits) if isinstance(digits, int) and 0 <= digits <= 4 else None
        return Amount(scaled, None, currency) if scaled else None
    for key in (
        "sale",
        "special",
        "final",
        "current",
        "currentPrice",
        "amount",
        "value",
        "price",
        "with_tax",
        "minVariantPrice",
        "min",
        "without_tax",
    ):
        inner = _money(value.get(key), hints, depth + 1) if depth < 3 else None
        if inner is not None:
            return Amount(inner.low, inner.high, currency or inner.currency)
    return None


_CURRENCY_KEYS = ("currencyCode", "currency", "currencyIso", "currency_code", "priceCurrency", "currencyUnit")


def _stock(product: Node) -> Availability:
    for key in _STOCK_KEYS:
        value = product.get(key)
        if value is False:
            return Availability.OUT_OF_STOCK
        stated = read_availability(value)
        if stated is not Availability.UNKNOWN:
            return stated
    return Availability.UNKNOWN


def _variant_rows(product: Node) -> list[Node]:
    for key in _VARIANT_KEYS:
        rows = product.get(key)
        if isinstance(rows, dict):
            rows = rows.get("nodes") or [e.get("node") for e in rows.get("edges") or [] if isinstance(e, dict)]
        if isinstance(rows, list) and rows and all(isinstance(r, dict) for r in rows):
            return rows[: MAX_VARIANTS + 1]
    return []


def _read(product: Node, hints: Hints) -> ShopData:
    own = _price(product, hints)
    currency = (own.currency if own else None) or next(
        (c for k in _CURRENCY_KEYS if (c := read_currency(product.get(k), hints))), None
    )
    variants = tuple(v for row in _variant_rows(product) if (v := _variant(row, currency, hints)).price is not None)
    stock = _stock(product)
    if stock is Availability.UNKNOWN and variants:
        stock = best_of([v.availability for v in variants])
    return ShopData(
        title=_name(product),
        brand=name_of(product.get("brand") or product.get("vendor")),
        image=_image(product),
        price=own.low if own else lowest(variants),
        currency=currency or next((v.currency for v in variants if v.currency), None),
        availability=stock,
        variants=variants if len(variants) > 1 else (),
    )


def _variant(row: Node, currency: str | None, hints: Hints) -> Variant:
    amount = _price(row, hints)
    return Variant(
        sku=text(row.get("sku") or row.get("skuId")),
        attributes=_attributes(row),
        price=amount.low if amount else None,
        currency=(amount.currency if amount else None) or currency,
        availability=_stock(row),
    )


def _attributes(row: Node) -> dict[str, str]:
    found = {}
    options = row.get("selectedOptions") or row.get("options") or row.get("attributes")
    for option in options[:10] if isinstance(options, list) else []:
        name, value = (
            (text(option.get("name")), text(option.get("value"))) if isinstance(option, dict) else (None, None)
        )
        if name and value:
            found[name] = value
    for key in ("color", "size"):
        value = name_of(row.get(key))
        if value:
            found.setdefault(key, value)
    title = text(row.get("title") or row.get("name"))
    return found or ({"title": title} if title else {})


def _image(product: Node) -> str | None:
    for key in ("image", "featuredImage", "images", "imageUrl"):
        value = product.get(key)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict):
            value = value.get("url") or value.get("src") or value.get("data")
        if isinstance(value, str) and value:
            return value
    return None
