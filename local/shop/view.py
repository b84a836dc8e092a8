"""A page on its way to HTML: the product as it stands that day, and the words people read of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any

from local.shop.products import Product, Shown
from local.shop.timeline import Offer

_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
_NO_DECIMALS = frozenset({"JPY"})
_SCHEMA_ORG = {
    "in_stock": "InStock",
    "out_of_stock": "OutOfStock",
    "preorder": "PreOrder",
    "backorder": "BackOrder",
    "limited": "LimitedAvailability",
}
_STOCK_WORDS = {
    "en": {
        "in_stock": "In stock",
        "out_of_stock": "Sold out",
        "preorder": "Pre-order",
        "backorder": "Back-ordered",
        "limited": "Only a few left",
    },
    "de": {"in_stock": "Auf Lager", "out_of_stock": "Ausverkauft"},
}
_WORDS = {
    "en": {"buy": "Add to basket", "more": "More from the shop", "home": "All products", "market": "All shops"},
    "de": {"buy": "In den Warenkorb", "more": "Mehr aus dem Haus", "home": "Sortiment", "market": "Alle Läden"},
}


@dataclass(frozen=True)
class View:
    """A product's page on one day, at the address `base` of its shop."""

    product: Product
    shown: Shown
    base: str

    @property
    def url(self) -> str:
        """The page's own address."""
        return self.base + self.product.path

    @property
    def image(self) -> str:
        """The address of the product's picture."""
        return f"{self.base}/images/{self.product.slug}.svg"

    def price(self, amount: Decimal) -> str:
        """A price as people read it in this shop: `1.299,00 €`, `$189.00`, `¥24,800`."""
        currency, language = self.product.store.currency, self.product.store.language
        text = f"{amount:,.0f}" if currency in _NO_DECIMALS else f"{amount:,.2f}"
        if language == "de":
            return text.translate(str.maketrans(",.", ".,")) + f" {_SIGNS[currency]}"
        return _SIGNS[currency] + text

    def stock(self, offer: Offer) -> str:
        """The stock as people read it in this shop."""
        return _STOCK_WORDS[self.product.store.language][offer.availability]

    def word(self, key: str) -> str:
        """One of the few words that every page of the shop has."""
        return word(self.product.store.language, key)


def word(language: str, key: str) -> str:
    """One of the few words that every page has."""
    return _WORDS[language][key]


def schema_org(offer: Offer) -> str:
    """The availability as schema.org writes it."""
    return f"https://schema.org/{_SCHEMA_ORG[offer.availability]}"


def script(content: Any, kind: str = "application/ld+json", **attributes: str) -> str:
    """A script element with `content` as JSON."""
    more = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    text = json.dumps(content, ensure_ascii=False, indent=1).replace("</", "<\\/")
    return f'<script type="{kind}"{more}>\n{text}\n</script>'
