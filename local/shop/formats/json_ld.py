"""JSON-LD: as it should be, in a graph, as a product group, and broken in the ways that shops break it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from local.shop.layout import details, sheet
from local.shop.products import Variant
from local.shop.timeline import Offer
from local.shop.view import View, schema_org, script

_CONTEXT = "https://schema.org"


def plain(view: View, others: Iterable[View]) -> tuple[str, str]:
    """One Product with one Offer; a list price, where there is one, as a price specification beside it."""
    return script({"@context": _CONTEXT, **_product(view)}), sheet(view, details(view), others)


def graph(view: View, others: Iterable[View]) -> tuple[str, str]:
    """The Product somewhere in an @graph, tied to the page by its identifier."""
    nodes = [
        {"@type": "Organization", "@id": f"{view.base}/#shop", "name": view.product.store.name},
        {
            "@type": "WebPage",
            "@id": view.url,
            "name": view.product.name,
            "mainEntity": {"@id": f"{view.url}#product"},
        },
        {"@type": "BreadcrumbList", "itemListElement": _crumbs(view)},
        {"@id": f"{view.url}#product", **_product(view)},
    ]
    return script({"@context": _CONTEXT, "@graph": nodes}), sheet(view, details(view), others)


def broken(view: View, others: Iterable[View]) -> tuple[str, str]:
    """A comment, a line break inside a string, trailing commas: no JSON parser takes it, every person can read it."""
    offer = view.shown.headline
    head = f"""<script type="application/ld+json">
/* product data */
{{
  "@context": "{_CONTEXT}",
  "@type": "Product",
  "name": "{view.product.name}",
  "description": "{view.product.text}
Made in the back room.",
  "image": "{view.image}",
  "brand": {{"@type": "Brand", "name": "{view.product.store.name}",}},
  "offers": {{
    "@type": "Offer",
    "url": "{view.url}",
    "price": "{offer.price}",
    "priceCurrency": "{view.product.store.currency}",
    "availability": "{schema_org(offer)}",
  }},
}}
</script>"""
    return head, sheet(view, details(view), others)


def group(view: View, others: Iterable[View]) -> tuple[str, str]:
    """A ProductGroup whose variants are Products of their own."""
    whole = _described(view)
    whole |= {
        "@type": "ProductGroup",
        "productGroupID": view.product.slug,
        "variesBy": ["https://schema.org/size"],
        "hasVariant": [_group_member(view, variant, offer) for variant, offer in view.shown.variants],
    }
    return script({"@context": _CONTEXT, **whole}), sheet(view, details(view), others)


def _group_member(view: View, variant: Variant, offer: Offer) -> dict[str, Any]:
    return {
        "@type": "Product",
        "name": f"{view.product.name}, {' '.join(variant.attributes.values())}",
        "sku": variant.sku,
        **variant.attributes,
        "offers": _offer(view, offer, f"{view.url}?sku={variant.sku}"),
    }


def _product(view: View) -> dict[str, Any]:
    offers = _offer(view, view.shown.headline, view.url)
    if view.product.list_price:
        offers["priceSpecification"] = {
            "@type": "UnitPriceSpecification",
            "priceType": "https://schema.org/StrikethroughPrice",
            "price": view.product.list_price,
            "priceCurrency": view.product.store.currency,
        }
    return {"@type": "Product", **_described(view), "sku": view.product.slug, "offers": offers}


def _described(view: View) -> dict[str, Any]:
    return {
        "name": view.product.name,
        "description": view.product.text,
        "image": [view.image],
        "url": view.url,
        "brand": {"@type": "Brand", "name": view.product.store.name},
    }


def _offer(view: View, offer: Offer, url: str) -> dict[str, Any]:
    return {
        "@type": "Offer",
        "url": url,
        "price": str(offer.price),
        "priceCurrency": view.product.store.currency,
        "availability": schema_org(offer),
        "itemCondition": "https://schema.org/NewCondition",
    }


def _crumbs(view: View) -> list[dict[str, Any]]:
    names = (view.product.store.name, view.product.name)
    addresses = (f"{view.base}/", view.url)
    return [
        {"@type": "ListItem", "position": position, "name": name, "item": address}
        for position, (name, address) in enumerate(zip(names, addresses, strict=True), start=1)
    ]
