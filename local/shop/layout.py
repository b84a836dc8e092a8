"""The frame that all pages of the market share, in the colours of each shop."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from html import escape

from local.shop.products import Product
from local.shop.stores import Store
from local.shop.view import View, word

_CSS = """
body{margin:0;font:16px/1.5 Georgia,serif;color:#222;background:#faf8f4}
a{color:inherit}
header{background:var(--accent);color:#fff;padding:1rem 5vw;display:flex;gap:1.5rem;align-items:baseline;flex-wrap:wrap}
header strong{font-size:1.4rem}
header a{text-decoration:none}
nav{margin-left:auto;display:flex;gap:1.5rem}
main{max-width:60rem;margin:2rem auto;padding:0 5vw}
.product{display:grid;grid-template-columns:minmax(12rem,1fr) 1.4fr;gap:2rem}
.product img,.card img{width:100%;border-radius:6px;background:#fff}
.price{font-size:1.5rem;color:var(--accent)}
.was{font-size:1rem;color:#666;margin-left:.6rem}
.stock{font-style:italic}
button{font:inherit;background:var(--accent);color:#fff;border:0;border-radius:4px;padding:.5rem 1.2rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:1.5rem;padding:0;list-style:none}
footer{text-align:center;color:#666;font-size:.85rem;padding:2rem}
@media(max-width:40rem){.product{grid-template-columns:1fr}}
"""


def frame(store: Store, title: str, content: str, *, head: str = "", market: str = "/", day: int = 0) -> str:
    """A whole page of one shop; `market` is the address of the front page of all."""
    links = f'<a href="/">{word(store.language, "home")}</a><a href="{market}">{word(store.language, "market")}</a>'
    return (
        f'<!doctype html>\n<html lang="{store.language}">\n<head>\n<meta charset="{store.charset}">\n'
        f"<title>{escape(title)} &ndash; {escape(store.name)}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>:root{{--accent:{store.accent}}}{_CSS}</style>\n{head}\n</head>\n<body>\n"
        f'<header><a href="/"><strong>{escape(store.name)}</strong></a><span>{escape(store.tagline)}</span>'
        f"<nav>{links}</nav></header>\n<main>\n{content}\n</main>\n"
        f"<footer>An invented shop that comes with Nightshift. Day {day}.</footer>\n</body>\n</html>\n"
    )


def details(view: View) -> str:
    """What people read of a product, without a word for machines."""
    product = view.product
    return (
        f"<h1>{escape(product.name)}</h1>\n<p>{escape(product.text)}</p>\n"
        f'<p class="price">{view.price(view.shown.headline.price)}{list_price(view)}</p>\n'
        f'<p class="stock">{view.stock(view.shown.headline)}</p>\n{choices(view)}{buy(view)}'
    )


def list_price(view: View) -> str:
    """The old price, struck through, where the product has one."""
    old = view.product.list_price
    return f' <s class="was">{view.price(Decimal(old))}</s>' if old else ""


def choices(view: View) -> str:
    """The variants to choose from, each with its price and stock."""
    options = "".join(
        f"<option>{escape(' / '.join(variant.attributes.values()))}: "
        f"{view.price(offer.price)} ({view.stock(offer)})</option>"
        for variant, offer in view.shown.variants
        if variant.attributes
    )
    return f"<p><select>{options}</select></p>\n" if options else ""


def buy(view: View) -> str:
    """The button of the basket, which this shop does not have."""
    return f'<p><button type="button">{view.word("buy")}</button></p>'


def sheet(view: View, inner: str, others: Iterable[View], *, attributes: str = "") -> str:
    """The product's part of its page, and a few other products below, which are not what the page is about."""
    return (
        f'<div class="product"{attributes}>\n<img src="{view.image}" alt="{escape(view.product.name)}">\n'
        f"<div>\n{inner}\n</div>\n</div>\n<h2>{view.word('more')}</h2>\n{cards(others)}"
    )


def cards(views: Iterable[View]) -> str:
    """A grid of products with their prices."""
    items = "".join(
        f'<li class="card"><a href="{view.product.path}"><img src="{view.image}" alt="">'
        f"<br>{escape(view.product.name)}</a><br>{view.price(view.shown.headline.price)}</li>\n"
        for view in views
    )
    return f'<ul class="cards">\n{items}</ul>'


def picture(product: Product) -> str:
    """A drawing of sorts, as SVG: the same for the same product."""
    seed = sum(product.slug.encode())
    shapes = "".join(
        f'<circle cx="{40 + (seed * step) % 220}" cy="{40 + (seed * step * step) % 220}" '
        f'r="{20 + (seed + step * 17) % 50}" fill="{product.store.accent}" fill-opacity=".{2 + step}"/>'
        for step in range(1, 5)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 300">'
        f'<rect width="300" height="300" fill="#f1ece2"/>{shapes}</svg>'
    )
