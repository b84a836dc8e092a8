"""Reads the product JSON of Shopify themes and of Shopify's analytics, whose whole numbers are hundredths."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from product_checks.extraction.availability import best_of
from product_checks.extraction.currency import read_currency
from product_checks.extraction.hints import Hints
from product_checks.extraction.model import MAX_VARIANTS, Availability, Variant
from product_checks.extraction.money import read_amount
from product_checks.extraction.nodes import Node, name_of, text
from product_checks.extraction.page import Page
from product_checks.extraction.shop_data import ShopData, decode, decode_at, lowest, yes_or_no

_META = re.compile(r"\bvar meta\s*=\s*(?={)|ShopifyAnalytics\.meta\s*=\s*(?={)")
_CURRENCY = re.compile(
    r"""ShopifyAnalytics\.meta\.currency\s*=\s*["'](\w{3})["']|Shopify\.currency\s*=\s*{"active":"(\w{3})\""""
)
_PRODUCT = re.compile(r'{\s*"id":\s*\d+,\s*"title":')
_MAX_TRIES = 20
_MAX_SCRIPT = 1_500_000


def read_shopify(page: Page, stated: Decimal | None) -> ShopData | None:
    """The product of a Shopify page. `stated` is the price that the page states elsewhere: it settles the unit."""
    products: list[Node] = []
    analytics: Node | None = None
    currency: str | None = None
    for kind, _, script in page.scripts:
        if len(script) > _MAX_SCRIPT:
            continue
        if "Shopify" in script and (found := _CURRENCY.search(script)):
            currency = currency or read_currency(found.group(1) or found.group(2), page.hints)
        if '"variants"' not in script:
            continue
        if match := _META.search(script):
            analytics = analytics or _product_of(decode_at(script, match.end()))
        products += _products_in(script, is_json="json" in kind)
    chosen = _choose(products, page) or analytics
    return _read(chosen, currency, stated, page.hints) if chosen else None


def _products_in(script: str, *, is_json: bool) -> list[Node]:
    if is_json:
        value = decode(script)
        product = _product_of(value)
        return [product] if product else []
    if '"option1"' not in script and '"public_title"' not in script:
        return []
    found = []
    position = 0
    for _ in range(_MAX_TRIES):
        match = _PRODUCT.search(script, position)
        if match is None:
            break
        product = _product_of(decode_at(script, match.start()))
        found += [product] if product else []
        position = match.end()
    return found


def _product_of(value: Any) -> Node | None:
    if not isinstance(value, dict):
        return None
    value = value["product"] if isinstance(value.get("product"), dict) else value
    variants = value.get("variants")
    is_product = isinstance(variants, list) and variants and all(_is_variant(v) for v in variants[:3])
    return value if is_product else None


def _is_variant(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and "id" in value
        and "price" in value
        and ({"title", "name", "sku"} & value.keys()) != set()
    )


def _choose(products: list[Node], page: Page) -> Node | None:
    """The product whose handle is the page's; where no handle tells, the only one."""
    handled = [p for p in products if p.get("handle")]
    path = page.url.partition("?")[0].rstrip("/").rpartition("/")[2]
    canonical = (page.canonical or "").partition("?")[0].rstrip("/").rpartition("/")[2]
    own = [p for p in handled if p["handle"] in {path, canonical}]
    if own:
        return max(own, key=lambda p: len(str(p["variants"][0])))
    distinct = {str(p.get("id")) for p in products}
    return products[0] if len(distinct) == 1 and not handled else None


def _read(product: Node, currency: str | None, stated: Decimal | None, hints: Hints) -> ShopData:
    rows = [v for v in product["variants"][: MAX_VARIANTS + 1] if isinstance(v, dict)]
    unit = _unit([row.get("price") for row in rows], stated)
    names = _option_names(product.get("options"))
    title = text(product.get("title"))
    variants = tuple(_variant(row, names, unit, currency, hints) for row in rows)
    if title is None and len(rows) == 1:
        title = text(rows[0].get("name"))
    own = yes_or_no(product.get("available"))
    return ShopData(
        title=title or _common_name(rows),
        brand=name_of(product.get("vendor")),
        image=_image(product),
        price=lowest(variants),
        currency=currency,
        availability=own if own is not Availability.UNKNOWN else best_of([v.availability for v in variants]),
        variants=variants if len(variants) > 1 else (),
    )


def _unit(prices: list[Any], stated: Decimal | None) -> Decimal:
    """What one whole number is worth: a hundredth, unless the page's stated price is there as it stands."""
    numbers = {Decimal(p) for p in prices if isinstance(p, int) and not isinstance(p, bool)}
    if stated is not None and stated in numbers and stated * 100 not in numbers:
        return Decimal(1)
    return Decimal("0.01")


def _variant(row: Node, names: list[str], unit: Decimal, currency: str | None, hints: Hints) -> Variant:
    price = row.get("price")
    if isinstance(price, dict):  # newer analytics: {"amount": 199.0, "currencyCode": "USD"}
        currency = read_currency(price.get("currencyCode"), hints) or currency
        price = price.get("amount")
    elif isinstance(price, int) and not isinstance(price, bool):
        price = Decimal(price) * unit
    amount = read_amount(price, currency, hints)
    return Variant(
        text(row.get("sku")),
        _attributes(row, names),
        amount.low if amount else None,
        currency,
        yes_or_no(row.get("available")),
    )


def _attributes(row: Node, names: list[str]) -> dict[str, str]:
    stated = row.get("options")
    options = stated if isinstance(stated, list) else [row.get(f"option{n}") for n in (1, 2, 3)]
    found = {}
    for number, option in enumerate(options[:3]):
        value = text(option)
        if value and value != "Default Title":
            found[names[number] if number < len(names) else f"option{number + 1}"] = value
    if not found:
        title = text(row.get("public_title") or row.get("title"))
        return {"title": title} if title and title != "Default Title" else {}
    return found


def _option_names(options: Any) -> list[str]:
    if not isinstance(options, list):
        return []
    return [name_of(o) or f"option{n}" for n, o in enumerate(options[:3], 1)]


def _common_name(rows: list[Node]) -> str | None:
    """Analytics name only variants ("Lamp - Red"): the product is what stands before the variant's own title."""
    for row in rows[:1]:
        name, own = text(row.get("name")), text(row.get("public_title"))
        if name and own and name.endswith(f" - {own}"):
            return name.removesuffix(f" - {own}")
    return None


def _image(product: Node) -> str | None:
    for value in (product.get("featured_image"), product.get("images")):
        first = value[0] if isinstance(value, list) and value else value
        found = first.get("src") if isinstance(first, dict) else first
        if isinstance(found, str) and found:
            return found
    return None
