"""Data that a page carries for its own scripts: the JSON of shop systems, and the meta elements of OpenGraph."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from html import escape
from typing import Any

from local.shop.layout import details, sheet
from local.shop.products import Variant
from local.shop.timeline import Offer
from local.shop.view import View, script


def shopify(view: View, others: Iterable[View]) -> tuple[str, str]:
    """The product's JSON in the page, prices in hundredths; the currency stands in a meta element."""
    variants = [_shopify_variant(variant.sku, variant.attributes, offer) for variant, offer in view.shown.variants]
    # There is always a variant: this one stands for a product that has none.
    variants = variants or [_shopify_variant(view.product.slug, {"Title": "Default Title"}, view.shown.headline)]
    prices = [variant["price"] for variant in variants]
    product = {
        "id": _number(view.product.slug),
        "title": view.product.name,
        "handle": view.product.slug,
        "vendor": view.product.store.name,
        "price": min(prices),
        "price_min": min(prices),
        "price_max": max(prices),
        "available": any(variant["available"] for variant in variants),
        "options": _shopify_options(view),
        "variants": variants,
        "featured_image": view.image,
    }
    data = script(product, "application/json", **{"data-product-json": ""})
    head = _meta({"og:type": "product", "og:title": view.product.name, "og:url": view.url})
    head += _meta({"og:image": view.image, "og:price:currency": view.product.store.currency})
    return head, sheet(view, f"{details(view)}\n{data}", others)


def _shopify_options(view: View) -> list[str]:
    names = dict.fromkeys(name for variant, _ in view.shown.variants for name in variant.attributes)
    return list(names) or ["Title"]


def _shopify_variant(sku: str, attributes: Mapping[str, str], offer: Offer) -> dict[str, Any]:
    values = list(attributes.values())
    return {
        "id": _number(sku),
        "title": " / ".join(values),
        "option1": values[0],
        "sku": sku,
        "available": _sells(offer),
        "price": _hundredths(offer.price),
        "compare_at_price": None,
        "options": values,
    }


def woocommerce(view: View, others: Iterable[View]) -> tuple[str, str]:
    """All variations in an attribute of the form, as the shop system writes them."""
    variations = [_woo_variation(view, variant, offer) for variant, offer in view.shown.variants]
    form = (
        f'<form class="variations_form cart" method="post" data-product_id="{_number(view.product.slug)}" '
        f'data-product_variations="{escape(json.dumps(variations))}"></form>'
    )
    head = _meta({"og:type": "product", "og:title": view.product.name, "og:url": view.url})
    head += _meta({"og:image": view.image, "product:price:currency": view.product.store.currency})
    return head, sheet(view, f"{details(view)}\n{form}", others)


def _woo_variation(view: View, variant: Variant, offer: Offer) -> dict[str, Any]:
    words = "in-stock" if _sells(offer) else "out-of-stock"
    return {
        "attributes": {f"attribute_pa_{name}": value for name, value in variant.attributes.items()},
        "availability_html": f'<p class="stock {words}">{view.stock(offer)}</p>',
        "display_price": float(offer.price),
        "display_regular_price": float(offer.price),
        "is_in_stock": _sells(offer),
        "is_purchasable": True,
        "price_html": f'<span class="price">{view.price(offer.price)}</span>',
        "sku": variant.sku,
        "variation_id": _number(variant.sku),
    }


def open_graph(view: View, others: Iterable[View]) -> tuple[str, str]:
    """Nothing but meta elements."""
    offer = view.shown.headline
    head = _meta({"og:type": "product", "og:title": view.product.name, "og:url": view.url})
    head += _meta({"og:image": view.image, "product:brand": view.product.store.name})
    head += _meta({
        "product:price:amount": str(offer.price),
        "product:price:currency": view.product.store.currency,
        "product:availability": "instock" if _sells(offer) else "oos",
    })  # fmt: skip
    return head, sheet(view, details(view), others)


def next_data(view: View, others: Iterable[View]) -> tuple[str, str]:
    """The page's own data, as a framework leaves it behind."""
    offer = view.shown.headline
    product = {
        "id": view.product.slug,
        "sku": view.product.slug,
        "name": view.product.name,
        "brand": {"name": view.product.store.name},
        "images": [{"url": view.image}],
        "price": {"amount": str(offer.price), "currency": view.product.store.currency},
        "availability": offer.availability.upper(),
    }
    data = {
        "props": {"pageProps": {"product": product}},
        "page": "/kits/[slug]",
        "query": {"slug": view.product.slug},
    }
    body = sheet(view, details(view), others) + script(data, "application/json", id="__NEXT_DATA__")
    return _meta({"og:title": view.product.name, "og:type": "website"}), body


def _meta(properties: dict[str, str]) -> str:
    return "".join(f'<meta property="{name}" content="{escape(value)}">\n' for name, value in properties.items())


def _sells(offer: Offer) -> bool:
    return offer.availability != "out_of_stock"


def _hundredths(price: Decimal) -> int:
    return int(price * 100)


def _number(text: str) -> int:
    return 1000 + sum(index * byte for index, byte in enumerate(text.encode(), start=1))
