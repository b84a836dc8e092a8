"""Small pages of invented shops, so that a test shows only what it is about."""

from __future__ import annotations

import json
from typing import Any

from product_checks.extraction import Extraction, extract

URL = "https://shop.example/p/lamp"


def page(body: str = "", *, head: str = "", lang: str = "en", title: str = "Shop") -> str:
    """A whole page around some markup."""
    return f'<!doctype html><html lang="{lang}"><head><title>{title}</title>{head}</head><body>{body}</body></html>'


def script(data: Any) -> str:
    """A JSON-LD block; text goes in as it is, so that it can be broken."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f'<script type="application/ld+json">{text}</script>'


def product(price: Any = "10.00", currency: str | None = "EUR", **more: Any) -> dict[str, Any]:
    """A JSON-LD product with one offer; offer properties go in as `offer={...}`."""
    offer = {"@type": "Offer", "price": price, "priceCurrency": currency, **more.pop("offer", {})}
    stated = {key: value for key, value in offer.items() if value is not None}
    return {"@context": "https://schema.org", "@type": "Product", "name": "Lamp", "offers": stated, **more}


def of(*data: Any, url: str = URL, **around: Any) -> Extraction:
    """What is extracted from a page with these JSON-LD blocks."""
    return extract(page("".join(script(block) for block in data), **around), url)
