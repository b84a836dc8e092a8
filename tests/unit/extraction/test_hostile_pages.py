# ruff: noqa: E501 - markup reads best unbroken
"""Pages made to hurt: they cost a bounded number of steps and never an exception."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from product_checks.extraction import Extraction, Failure, extract
from product_checks.extraction import page as page_module
from tests.unit.extraction.building import URL, of, page, product, script

DEEP = 20_000


def nested(depth: int) -> dict[str, Any]:
    node: dict[str, Any] = {"@type": "Product", "name": "Lamp"}
    for _ in range(depth):
        node = {"@type": "WebPage", "mainEntity": node}
    return node


HOSTILE = {
    "endless nesting": "<div>" * 300_000,
    "endless attributes": "<p " + " ".join(f"a{n}=1" for n in range(50_000)) + ">",
    "endless microdata": page('<div itemscope itemtype="https://schema.org/Product" itemprop="isRelatedTo">' * 2_000),
    "endless names": page('<div itemscope itemtype="https://schema.org/Product">' + '<div itemprop="name">x' * 2_500),
    "endless list": page(script("[" * 200_000)),
    "endless graph": page(script(json.dumps(nested(300)))),
    "many scripts": page(script(product()) * 3_000),
    "many broken scripts": page(script('{"@type":"Product",') * 3_000),
    "many quotes": page(script('{"@type":"Product","name":' + '"\\"' * 100_000)),
    "many comments": page(script('{"@type":"Product",' + "/*" * 100_000)),
    "many spaces": page(script('{"@type":"Product",' + " " * 500_000 + "x")),
    "many products": page(script([product(name=f"Lamp {n % 7}", sku=str(n)) for n in range(5_000)])),
    "many references": page(script([{"@id": f"#{n}", "mainEntity": {"@id": f"#{(n + 1) % 500}"}} for n in range(500)])),
    "a reference to itself": page(script({"@id": "#a", "@type": "WebPage", "mainEntity": {"@id": "#a"}})),
    "itemref to itself": page(
        '<div id="a" itemscope itemtype="https://schema.org/Product" itemref="a b"><b id="b" itemprop="name">x</b></div>'
    ),
    "a long price": page(script(product("1" * 100_000))),
    "a long exponent": page(
        script('{"@type":"Product","name":"x","offers":{"price":1e999999999,"priceCurrency":"EUR"}}')
    ),
    "a long whole number": page(script('{"@type":"Product","name":"x","offers":{"price":' + "9" * 10_000 + "}}")),
    "a lot of text": page("<p>word</p>" * 400_000),
    "lone surrogates": "<title>\ud800</title>" + script(product(name="\udfff")),
    "a strange base": page('<base href="http://[">' + script(product(image="http://[::1", url="http://]["))),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_page_gives_an_answer(hostile: str) -> None:
    found = extract(hostile, URL)
    assert isinstance(found, Extraction)
    json.dumps(found.to_json())


def test_what_cannot_be_read_safely_is_refused_with_its_reason() -> None:
    for name in ("endless nesting", "endless attributes"):
        found = extract(HOSTILE[name], URL)
        assert (found.failure, found.is_product) == (Failure.UNREADABLE, False)
        assert found.reason


def test_deep_but_honest_nesting_is_read() -> None:
    assert extract(page("<div>" * 500 + script(product("5.00"))), URL).price == Decimal(5)


@given(
    parts=st.lists(
        st.sampled_from(
            [
                "<div>",
                "<B class=x>",
                "</div>",
                "</div",
                "</ x>",
                "</>",
                "<img src=x>",
                "<br/>",
                "<imgx>",
                "<p/>",
                "<",
                "a<b",
            ]
        ),
        max_size=25,
    )
)
def test_a_quick_look_never_lets_deep_nesting_pass(parts: list[str]) -> None:
    text = "".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_module, "_MAX_DEPTH", 3)
        patch.setattr(page_module, "_HARMLESS_TAGS", 0)
        quick = _is_refused(text)
        patch.setattr(page_module, "_may_be_deep", lambda _: True)
        assert quick == _is_refused(text)


def _is_refused(text: str) -> bool:
    try:
        page_module._refuse_hostile(text)
    except page_module.UnreadablePageError:
        return True
    return False


@pytest.mark.parametrize(
    "url", ["", "not an address", "http://", "http://[", "https://shop.example/\ud800", "mailto:a@b.example"]
)
def test_a_strange_address_does_not_matter(url: str) -> None:
    assert of(product("5.00"), url=url).price == Decimal(5)


@given(text=st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    json.dumps(extract(text, URL).to_json())
    json.dumps(extract(page(script(text)), URL).to_json())


KEYS = st.sampled_from(
    [
        "@type",
        "@id",
        "@graph",
        "@value",
        "name",
        "brand",
        "image",
        "url",
        "sku",
        "offers",
        "price",
        "priceCurrency",
        "lowPrice",
        "availability",
        "hasVariant",
        "isVariantOf",
        "itemOffered",
        "priceSpecification",
        "priceType",
        "referenceQuantity",
        "value",
        "mainEntity",
        "itemListElement",
        "item",
        "review",
        "seller",
        "variants",
        "additionalProperty",
        "eligibleQuantity",
        "minValue",
        "product",
        "publisher",
    ]
)
WORDS = st.sampled_from(
    [
        "Product",
        "ProductGroup",
        "Offer",
        "AggregateOffer",
        "ItemList",
        "WebPage",
        "Article",
        "Review",
        "Lamp",
        "#a",
        "#b",
        "5.00",
        "-1",
        "EUR",
        "$",
        "InStock",
        "2024-01-01",
    ]
)
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


@given(shape=SHAPES)
@settings(max_examples=120, deadline=None)
def test_no_shape_of_structured_data_breaks_it(shape: Any) -> None:
    typed = {**shape, "@type": "Product"} if isinstance(shape, dict) else shape
    for data in (shape, typed, {"@graph": shape}, product(offers=shape, brand=shape, image=shape)):
        json.dumps(of(json.dumps(data)).to_json())


ROWS = st.dictionaries(
    st.sampled_from(
        [
            "id",
            "title",
            "name",
            "price",
            "sku",
            "available",
            "options",
            "option1",
            "public_title",
            "attributes",
            "display_price",
            "is_in_stock",
        ]
    ),
    SHAPES,
)


@given(rows=st.lists(ROWS, max_size=3), more=st.dictionaries(KEYS, SHAPES, max_size=4))
@settings(max_examples=40, deadline=None)
def test_no_shape_of_shop_data_breaks_it(rows: list[Any], more: dict[str, Any]) -> None:
    theme = json.dumps(
        {
            "id": 1,
            "title": "x",
            "handle": "lamp",
            **more,
            "variants": [{"id": 1, "price": 5, "title": "x", **r} for r in rows],
        }
    )
    config = json.dumps({"spConfig": {"attributes": more, "optionPrices": more, "salable": more, "sku": more}})
    state = json.dumps({"product": {"name": "x", "price": more, "variants": rows, **more}})
    for body in (
        f'<script type="application/json">{theme}</script>',
        f"<script>var meta = {theme}; x = {config}</script>",
        f'<script id="__NEXT_DATA__" type="application/json">{state}</script>',
        f'<script id="__NUXT_DATA__" type="application/json">[{state}, {{"product": 0}}]</script>',
        f"<form data-product_variations='{json.dumps(rows)}'></form>",
    ):
        json.dumps(extract(page(body), URL).to_json())
