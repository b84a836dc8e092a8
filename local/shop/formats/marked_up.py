"""Markup on what people read: microdata and RDFa. Prices stand in the text as the shop writes them."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from local.shop.layout import buy, sheet
from local.shop.view import View, schema_org


def microdata(view: View, others: Iterable[View]) -> tuple[str, str]:
    """With itemscope and itemprop; the price is text, not a machine's number."""
    product, offer = view.product, view.shown.headline
    brand, text = escape(product.store.name), escape(product.text)
    inner = f"""<h1 itemprop="name">{escape(product.name)}</h1>
<p><span itemprop="brand">{brand}</span>: <span itemprop="description">{text}</span></p>
<meta itemprop="sku" content="{product.slug}"><link itemprop="image" href="{view.image}">
<div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
<p class="price" itemprop="price">{view.price(offer.price)}</p>
<meta itemprop="priceCurrency" content="{product.store.currency}">
<link itemprop="availability" href="{schema_org(offer)}"><p class="stock">{view.stock(offer)}</p>
</div>
{buy(view)}"""
    attributes = ' itemscope itemtype="https://schema.org/Product"'
    return "", sheet(view, inner, others, attributes=attributes)


def rdfa(view: View, others: Iterable[View]) -> tuple[str, str]:
    """With vocab, typeof and property; the price is a machine's number beside the text."""
    product, offer = view.product, view.shown.headline
    inner = f"""<h1 property="name">{escape(product.name)}</h1>
<p property="description">{escape(product.text)}</p>
<link property="image" href="{view.image}">
<div property="offers" typeof="Offer">
<p class="price"><span property="price" content="{offer.price}">{view.price(offer.price)}</span></p>
<meta property="priceCurrency" content="{product.store.currency}">
<link property="availability" href="{schema_org(offer)}"><p class="stock">{view.stock(offer)}</p>
</div>
{buy(view)}"""
    return "", sheet(view, inner, others, attributes=' vocab="https://schema.org/" typeof="Product"')
