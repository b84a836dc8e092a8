"""Reads what meta tags say about the page's product: OpenGraph, Meta's and Pinterest's product tags, Twitter labels."""

from __future__ import annotations

import re
from dataclasses import dataclass

from product_checks.extraction.availability import read_availability
from product_checks.extraction.currency import read_currency
from product_checks.extraction.hints import Hints
from product_checks.extraction.model import Availability, Quote
from product_checks.extraction.money import Amount, read_amount
from product_checks.extraction.nodes import text
from product_checks.extraction.page import Page

_PRICES = (
    ("product:sale_price:amount", "product:sale_price:currency"),
    ("product:price:amount", "product:price:currency"),
    ("og:price:amount", "og:price:currency"),
    ("product:price", "product:price:currency"),
    ("og:price", "og:price:currency"),
    ("product:pretax_price:amount", "product:pretax_price:currency"),
)
_CURRENCIES = (
    "product:price:currency",
    "og:price:currency",
    "product:price:currencycode",
    "og:currency",
    "product:currency",
)
_STOCKS = ("product:availability", "og:availability", "og:price:availability", "availability")
_PRICE_LABEL = re.compile(r"^(?:price|preis|prix|precio|prezzo|prijs|pris|cena|価格)$", re.IGNORECASE)
_STOCK_LABEL = re.compile(r"^(?:availability|verfügbarkeit|disponibilité|disponibilidad)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MetaProduct:
    """The page as its meta tags describe it. `kind` is og:type in lower case."""

    kind: str
    title: str | None
    brand: str | None
    image: str | None
    quote: Quote

    @property
    def calls_itself_product(self) -> bool:
        """Whether og:type is product or a site's own form of it (product.item, wayfairus:product)."""
        return "product" in re.split(r"[.:_\s]", self.kind) and not self.kind.endswith("group")

    @property
    def calls_itself_article(self) -> bool:
        """Whether og:type is article or another kind that is no product."""
        return (
            self.kind.partition(".")[0] in {"article", "blog", "profile", "video", "recipe"} or ":recipe" in self.kind
        )


def read_meta(page: Page) -> MetaProduct:
    """Read the meta tags of a page."""
    meta = page.meta
    return MetaProduct(
        kind=meta.get("og:type", "").lower(),
        title=text(meta.get("og:title") or meta.get("twitter:title")),
        brand=text(meta.get("product:brand") or meta.get("og:brand")),
        image=meta.get("og:image:secure_url") or meta.get("og:image") or meta.get("twitter:image"),
        quote=_quote(meta, page.hints),
    )


def _quote(meta: dict[str, str], hints: Hints) -> Quote:
    stock = [a for name in _STOCKS if (a := read_availability(meta.get(name))) is not Availability.UNKNOWN]
    availability = stock[0] if stock else read_availability(_label(meta, _STOCK_LABEL))
    general = next((c for name in _CURRENCIES if (c := read_currency(meta.get(name), hints))), None)
    for name, currency_name in _PRICES:
        currency = read_currency(meta.get(currency_name), hints) or general
        amount = read_amount(meta.get(name), currency, hints)
        if amount is not None:
            return _of_amount(amount, currency, availability)
    labelled = _label(meta, _PRICE_LABEL)
    amount = read_amount(labelled, general, hints)
    return _of_amount(amount, general, availability) if amount else Quote(None, general, availability)


def _of_amount(amount: Amount, currency: str | None, availability: Availability) -> Quote:
    disagree = currency and amount.currency and currency != amount.currency
    agreed = None if disagree else currency or amount.currency
    return Quote(amount.low, agreed, availability, amount.low if amount.high else None, amount.high)


def _label(meta: dict[str, str], pattern: re.Pattern[str]) -> str | None:
    for number in "1234":
        if pattern.match(meta.get(f"twitter:label{number}", "").strip(" :")):
            return meta.get(f"twitter:data{number}")
    return None
