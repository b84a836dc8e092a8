"""Pages for the extractor: made ones with every kind of markup, and stored ones with damage."""

from __future__ import annotations

import gzip
import html
import json
import re
import unicodedata
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from product_checks.charset import decode
from product_checks.extraction import MAX_VARIANTS, Extraction, extract
from tests.fuzz.target import JSON, TEXT, Target

ROOT = Path(__file__).resolve().parents[2]
# Pages of real shops, where their folder lies beside the repository; our own in any case.
FOLDERS = (ROOT / "tests" / "pages", ROOT.parent / "shared" / "product-pages" / "pages")
URL = "https://shop.example/lamp"
# A page of today's shops has up to three megabytes; the damage is as well seen in a small one.
_LARGEST = 400_000
_LONGEST_TEXT = 20_000

PRICES: st.SearchStrategy[Any] = st.sampled_from([
    "19.99", "1.299,00", "1 299,00 kr", "$.99", "99 ¢", "-5", "0", "12.500", "1e3", 19.99, 1999, "9" * 30, "ab 12", "",
    "10 - 20", "€ 5", "&euro;&nbsp;7,50", "<b>8</b>", "\u0661\u0662,\u0665", None, True, [], {}, "NaN",
    "19,99 € 24,99 €",
])  # fmt: skip
WORDS = st.sampled_from([
    "Product", "ProductGroup", "Offer", "AggregateOffer", "ItemList", "WebPage", "Article", "BreadcrumbList", "Review",
    "EUR", "USD", "$", "InStock", "https://schema.org/OutOfStock", "#a", "#b", "Lamp", "2024-01-01", URL,
])  # fmt: skip
KEYS = st.sampled_from([
    "@type", "@id", "@graph", "@value", "@context", "name", "brand", "image", "url", "sku", "offers", "price",
    "priceCurrency", "lowPrice", "highPrice", "availability", "hasVariant", "isVariantOf", "itemOffered", "variants",
    "priceSpecification", "priceType", "mainEntity", "itemListElement", "item", "isRelatedTo", "review", "seller",
    "additionalProperty", "minValue", "product", "mainEntityOfPage", "shippingDetails", "unitText", "referenceQuantity",
])  # fmt: skip
NODES: st.SearchStrategy[Any] = st.recursive(
    PRICES | WORDS | st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=7),
    max_leaves=25,
)
PRODUCTS = st.builds(
    lambda extra, price, currency: {
        "@context": "https://schema.org", "@type": "Product", "name": "Lamp",
        "offers": {"@type": "Offer", "price": price, "priceCurrency": currency, "availability": "InStock"}, **extra,
    },
    st.dictionaries(KEYS, NODES, max_size=4), PRICES, WORDS,
)  # fmt: skip


def _jsonld(data: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def _microdata(pairs: list[tuple[str, str]]) -> str:
    inner = "".join(f'<span itemprop="{name}" content="{html.escape(text)}">{text}</span>' for name, text in pairs)
    return f'<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Lamp</b>{inner}</div>'


def _meta(pairs: list[tuple[str, str]]) -> str:
    return "".join(f'<meta property="{name}" content="{html.escape(text)}">' for name, text in pairs)


_TEXTS = PRICES.map(str) | WORDS | TEXT
_MICRODATA = st.lists(st.tuples(KEYS, _TEXTS), max_size=6).map(_microdata)
_RDFA = _MICRODATA.map(lambda text: text.replace("itemprop", "property").replace("itemscope itemtype", "typeof"))
_META = st.lists(
    st.tuples(
        st.sampled_from([
            "og:type", "og:title", "og:price:amount", "og:price:currency", "product:price:amount",
            "product:price:currency", "product:availability", "og:url", "og:image", "twitter:data1",
        ]),
        _TEXTS,
    ),
    max_size=6,
).map(_meta)  # fmt: skip
_SCRIPTS = st.builds(
    lambda frame, data: frame.replace("@", json.dumps(data)),
    st.sampled_from([
        '<script type="application/json">@</script>', "<script>var meta = @; var x = {spConfig: @};</script>",
        '<script id="__NEXT_DATA__" type="application/json">{"props":{"product":@}}</script>',
        '<script id="__NUXT_DATA__" type="application/json">[@,{"product":0}]</script>',
        "<form data-product_variations='@'></form>", '<script type="text/x-magento-init">{"*":{"spConfig":@}}</script>',
    ]),
    PRODUCTS | NODES,
)  # fmt: skip
_VISIBLE = st.builds(lambda text: f'<p class="price">{text}</p>', _TEXTS) | TEXT
MADE = st.lists(
    (PRODUCTS | NODES).map(_jsonld) | _MICRODATA | _RDFA | _META | _SCRIPTS | _VISIBLE, min_size=1, max_size=6
).map(lambda parts: f"<html><head><title>Lamp</title></head><body>{''.join(parts)}</body></html>")


@cache
def stored() -> tuple[bytes, ...]:
    """Return the stored pages that are small enough to be damaged often."""
    files = sorted(file for folder in FOLDERS for file in folder.glob("*") if file.is_file())
    bodies = (gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes() for file in files)
    return tuple(body for body in bodies if len(body) <= _LARGEST)


_SPLICES = st.sampled_from([
    b"", b"\0", b"<", b">", b'"', b"'", b"&", b"</script>", b"<!--", b"{", b"}", b"[", b",", b"\\", b"\xff",
    b"\xe2\x80",
    b"null", b"-", b"0", b"1e9", b"9" * 30, b"<script type='application/ld+json'>", b"&#x80;", b"\xed\xa0\x80",
    b"<div>" * 600,
])  # fmt: skip
# Where (in thousandths of the page), how many bytes go, and what comes instead.
_DAMAGE = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 4000), _SPLICES), min_size=1, max_size=8)
_HEADERS = st.sampled_from(
    [None, "text/html", "text/html; charset=utf-16", "text/html; charset=cp1252", "charset=nothing"]
)


def _damaged(page: int, other: int, damage: list[tuple[int, int, bytes]]) -> bytes:
    body = stored()[page % len(stored())]
    for place, length, splice in damage:
        at = len(body) * place // 1000
        body = body[:at] + splice + body[at + length :]
    # Now and then the rest of another page behind it.
    return body + stored()[other][-5000:] if other < len(stored()) else body


DAMAGED = st.tuples(st.builds(_damaged, st.integers(0, 1000), st.integers(0, 300), _DAMAGE), _HEADERS)


def check_made(page: str) -> None:
    """Read a page that was made up."""
    check(page, extract(page, URL))


def check_damaged(given: tuple[bytes, str | None]) -> None:
    """Decode and read a page that was damaged on its way."""
    text = decode(*given)
    check(text, extract(text, URL))


def check(page: str, found: Extraction) -> None:
    """Hold what was read to what every reading promises."""
    json.dumps(found.to_json(), allow_nan=False)
    assert found.is_product is (found.failure is None)
    assert found.is_product or found.reason
    assert len(found.variants) <= MAX_VARIANTS
    for text in (found.title, found.brand, found.image, found.reason):
        assert text is None or len(text) <= _LONGEST_TEXT
    prices = [found.price, found.price_low, found.price_high, *(variant.price for variant in found.variants)]
    stated = [price for price in prices if price is not None]
    if not stated:
        return
    numbers = written_in(page)
    for price in stated:
        assert price.is_finite()
        assert price > 0
        assert digits(f"{price:f}") in numbers or _rounded(price, numbers), f"{price} is nowhere in the page"


def digits(number: str) -> str:
    """Return what of a number stays the same however it is written: its digits without zeros around them."""
    return re.sub(r"\D", "", number).strip("0")


def written_in(page: str) -> set[str]:
    """Return every number that a page could be said to state, as `digits` has it."""
    plain = html.unescape(html.unescape(re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), page)))
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() and c > "9" else c for c in plain)
    without_tags = re.sub(r"<[^<>]{0,200}>", " ", plain)
    found = {digits(match) for text in (plain, without_tags) for match in re.findall(r"\d+(?:\D?\d+)*", text)}
    found |= {digits(match) for text in (plain, without_tags) for match in re.findall(r"\d+", text)}
    pairs = (match for text in (plain, without_tags) for match in re.findall(r"(?=(?<!\d)(\d+\W{1,3}\d+))", text))
    return found | {digits(pair) for pair in pairs}


def _rounded(price: Decimal, numbers: set[str]) -> bool:
    """Tell whether a longer number begins like it: 19.990000000000002, as a template prints a float."""
    wanted = digits(f"{price:f}")
    near = {wanted, digits(f"{price - Decimal('0.01'):f}"), digits(f"{price - Decimal('0.0001'):f}")}
    return any(len(number) > 12 and number.startswith(tuple(near - {""})) for number in numbers)


TARGETS = (
    Target("extractor, made pages", MADE, check_made, 20),
    Target("extractor, damaged pages", DAMAGED, check_damaged, 15),
    Target("extractor, any text", JSON.map(json.dumps) | TEXT, check_made, 20),
)
