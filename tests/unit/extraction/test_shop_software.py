# ruff: noqa: E501 - markup reads best unbroken
"""What shop software and script frameworks embed about the page's product."""

from __future__ import annotations

import html
import json
from decimal import Decimal
from typing import Any

import pytest

from product_checks.extraction import Extraction, extract
from tests.unit.extraction.building import page, product, script

URL = "https://shop.example/products/mug"
OG = '<meta property="og:type" content="product"><meta property="og:title" content="Mug">'


def og_price(amount: str, currency: str = "EUR") -> str:
    return f'{OG}<meta property="og:price:amount" content="{amount}"><meta property="og:price:currency" content="{currency}">'


def rows(found: Extraction) -> list[tuple[Any, ...]]:
    return [(v.sku, str(v.price), v.availability.value) for v in found.variants]


def mug(scale: Any = 1, **more: Any) -> dict[str, Any]:
    variants = [
        {
            "id": 1,
            "title": "Red / S",
            "option1": "Red",
            "option2": "S",
            "sku": "M-R",
            "available": True,
            "price": 1990 * scale,
        },
        {
            "id": 2,
            "title": "Blue / S",
            "option1": "Blue",
            "option2": "S",
            "sku": "M-B",
            "available": False,
            "price": 2490 * scale,
        },
    ]
    about = {
        "id": 9,
        "title": "Mug",
        "handle": "mug",
        "vendor": "Acme",
        "available": True,
        "options": ["Color", "Size"],
    }
    return {**about, "variants": variants, **more}


BOTH = [("M-R", "19.90", "in_stock"), ("M-B", "24.90", "out_of_stock")]


def test_reads_hundredths_in_a_themes_product_script() -> None:
    body = f'<script type="application/json" id="ProductJson-1">{json.dumps(mug())}</script>'
    found = extract(page(body, head=og_price("19,90")), URL)
    assert rows(found) == BOTH
    assert found.variants[0].attributes == {"Color": "Red", "Size": "S"}
    assert (found.price, found.price_high, found.brand) == (Decimal("19.90"), Decimal("24.90"), "Acme")


def test_reads_a_product_inside_a_themes_code() -> None:
    code = f"new Theme.Product({{selector: 'x', product: {json.dumps(mug())}}});"
    found = extract(page(f"<script>{code}</script>", head=og_price("19.90")), URL)
    assert rows(found) == BOTH


def test_decimal_strings_are_taken_as_they_stand() -> None:
    data = mug()
    for variant, price in zip(data["variants"], ("19.90", "24.90"), strict=True):
        variant["price"] = price
    body = f'<script type="application/json" data-product-json>{json.dumps({"product": data})}</script>'
    assert rows(extract(page(body, head=og_price("19.90")), URL)) == BOTH


def test_whole_numbers_that_are_the_stated_price_are_no_hundredths() -> None:
    data = mug()
    for variant, price in zip(data["variants"], (19, 24), strict=True):
        variant["price"] = price
    body = f'<script type="application/json">{json.dumps(data)}</script>'
    found = extract(page(body, head=og_price("19.00")), URL)
    assert [v.price for v in found.variants] == [Decimal(19), Decimal(24)]


def test_hundredths_hold_for_currencies_without_decimals_too() -> None:
    data = mug(scale=100)
    body = f'<script type="application/json">{json.dumps(data)}</script>'
    found = extract(page(body, head=og_price("1990", "JPY")), URL)
    assert [v.price for v in found.variants] == [Decimal(1990), Decimal(2490)]


def test_another_products_data_is_left_alone() -> None:
    other = {**mug(), "handle": "plate", "id": 8, "title": "Plate"}
    blocks = "".join(f'<script type="application/json">{json.dumps(d)}</script>' for d in (other, mug()))
    assert extract(page(blocks, head=og_price("19.90")), URL).brand == "Acme"
    only_other = f'<script type="application/json">{json.dumps(other)}</script>'
    found = extract(page(only_other, head=og_price("19.90")), URL)
    assert (found.price, found.variants, found.brand) == (Decimal("19.90"), (), None)


def test_analytics_know_prices_but_no_stock() -> None:
    variants = [
        {"id": n, "price": p, "name": f"Mug - {t}", "public_title": t, "sku": f"M{n}"}
        for n, p, t in ((1, 1990, "S"), (2, 2490, "L"))
    ]
    code = f"window.ShopifyAnalytics.meta.currency = 'EUR';\nvar meta = {json.dumps({'product': {'id': 9, 'variants': variants}})};"
    found = extract(page(f"<script>{code}</script>", head=OG), URL)
    assert rows(found) == [("M1", "19.90", "unknown"), ("M2", "24.90", "unknown")]
    assert (found.currency, found.availability, found.variants[0].currency) == ("EUR", "unknown", "EUR")


def test_one_default_variant_is_no_variant() -> None:
    data = mug(
        variants=[
            {
                "id": 1,
                "title": "Default Title",
                "option1": "Default Title",
                "sku": "M",
                "available": True,
                "price": 1990,
            }
        ]
    )
    found = extract(page(f'<script type="application/json">{json.dumps(data)}</script>', head=og_price("19.90")), URL)
    assert (found.price, found.availability, found.variants) == (Decimal("19.90"), "in_stock", ())


def variation(sku: str, price: float, **more: Any) -> dict[str, Any]:
    return {
        "attributes": {"attribute_pa_size": sku.lower()},
        "sku": sku,
        "display_price": price,
        "is_in_stock": True,
        **more,
    }


def woo(*variations: dict[str, Any]) -> str:
    return f'<form class="variations_form" data-product_variations="{html.escape(json.dumps(variations))}"></form>'


def test_reads_variations_of_a_form() -> None:
    form = woo(
        variation("S", 15.3),
        variation("M", 21.25, is_in_stock=False, display_regular_price=25),
        variation("L", 29.1, availability_html='<p class="stock available-on-backorder">later</p>'),
        variation("X", 1, variation_is_visible=False),
    )
    data = product(
        name="Mug",
        offers={"@type": "AggregateOffer", "lowPrice": "15.30", "highPrice": "29.10", "priceCurrency": "EUR"},
    )
    found = extract(page(script(data) + form), URL)
    assert rows(found) == [("S", "15.30", "in_stock"), ("M", "21.25", "out_of_stock"), ("L", "29.10", "backorder")]
    assert found.to_json()["variants"][0]["price"] == "15.30"
    assert (found.variants[0].attributes, found.variants[0].currency) == ({"size": "s"}, "EUR")


def test_variations_that_are_loaded_later_are_none() -> None:
    form = '<form class="variations_form" data-product_variations="false"></form>'
    assert extract(page(script(product(name="Mug")) + form), URL).variants == ()


def test_reads_the_options_of_a_configurable_product() -> None:
    config = {
        "attributes": {
            "93": {
                "code": "color",
                "label": "Color",
                "options": [{"label": "Red", "products": ["1"]}, {"label": "Blue", "products": ["2"]}],
            }
        },
        "optionPrices": {
            "1": {"oldPrice": {"amount": 25}, "finalPrice": {"amount": 19.9}},
            "2": {"oldPrice": {"amount": 25}, "finalPrice": {"amount": 24.9}},
        },
        "sku": {"1": "M-R", "2": "M-B"},
    }
    init = {"[data-role=swatch-options]": {"x/renderer": {"jsonConfig": config}}}
    body = script(product("19.90", name="Mug")) + f'<script type="text/x-magento-init">{json.dumps(init)}</script>'
    found = extract(page(body), URL)
    assert [(v.sku, v.price, v.attributes) for v in found.variants] == [
        ("M-R", Decimal("19.9"), {"Color": "Red"}),
        ("M-B", Decimal("24.9"), {"Color": "Blue"}),
    ]


STATES = {
    "Next": (
        '<script id="__NEXT_DATA__" type="application/json">{}</script>',
        {"props": {"pageProps": {"product": None}}},
    ),
    "preloaded": ("<script>window.__INITIAL_STATE__ = {};</script>", {"pdp": {"product": None}}),
    "Nuxt": ("<script>window.__NUXT__={}</script>", {"data": [{"product": None}]}),
}
SHAPES: dict[str, dict[str, Any]] = {
    "number": {"price": 19.9, "currency": "EUR"},
    "text": {"price": "19,90 €"},
    "amount": {"price": {"amount": "19.90", "currencyCode": "EUR"}},
    "range": {"priceRange": {"minVariantPrice": {"amount": "19.9", "currencyCode": "EUR"}}},
    "cents": {"price": {"value": {"centAmount": 1990, "currencyCode": "EUR", "fractionDigits": 2}}},
    "nested": {"prices": {"price": {"value": 19.9, "currency": "EUR"}, "retailPrice": {"value": 25}}},
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_reads_embedded_state(state: tuple[str, dict[str, Any]], shape: dict[str, Any]) -> None:
    frame, around = state
    mine = {"name": "Mug", "availableForSale": True, **shape}
    body = frame.replace("{}", json.dumps(around).replace("null", json.dumps(mine, ensure_ascii=False)))
    found = extract(page(body, head=OG), URL)
    assert (found.title, found.price, found.currency, found.availability) == (
        "Mug",
        Decimal("19.90"),
        "EUR",
        "in_stock",
    )


def test_reads_flattened_state() -> None:
    flat = [["Reactive", 1], {"product": 2}, {"name": 3, "price": 4, "currency": 5}, "Mug", 19.9, "EUR"]
    body = f'<script type="application/json" id="__NUXT_DATA__">{json.dumps(flat)}</script>'
    found = extract(page(body, head=OG), URL)
    assert (found.price, found.currency) == (Decimal("19.90"), "EUR")


def test_recommendations_in_state_are_not_the_product() -> None:
    state = {"props": {"pageProps": {"recommendations": [{"product": {"name": n, "price": 5}} for n in ("A", "B")]}}}
    body = f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(state)}</script>'
    assert not extract(page(body, head=OG), URL).is_product


def test_state_is_not_asked_where_structured_data_states_a_price() -> None:
    state = {"product": {"name": "Mug", "price": 7}}
    body = (
        script(product("5.00", name="Mug"))
        + f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(state)}</script>'
    )
    assert extract(page(body), URL).price == Decimal(5)


def test_reads_a_state_with_price_info() -> None:
    info = {"currentPrice": {"price": 19.9, "currencyUnit": "USD"}, "wasPrice": {"price": 30}}
    state = {"data": {"product": {"name": "Mug", "availabilityStatus": "OUT_OF_STOCK", "priceInfo": info}}}
    block = f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(state)}</script>'
    found = extract(page(f"<h1>Mug</h1>{block}", head=OG), URL)
    assert (str(found.price), found.currency, found.availability) == ("19.90", "USD", "out_of_stock")


def state(price: Any, shown: str, title: str = "Mug") -> Extraction:
    data = {"hero": {"product": {"name": "Mug", "price": price, "currency": "USD"}}}
    block = f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(data)}</script>'
    return extract(
        page(f"<h1>{title}</h1><b>{shown}</b>{block}", head='<meta property="og:type" content="website">'), URL
    )


@pytest.mark.parametrize(
    ("price", "shown", "expected"),
    [
        (1999, "$1,999", "1999.00"),
        (1999, "1.999,00 $", "1999.00"),
        (1999, "$19.99", "None"),
        (1999, "$11,999 or $1,999,000", "None"),
        ("1999", "", "None"),
        (19, "", "19.00"),
        (1999.5, "", "1999.50"),
    ],
)
def test_a_whole_number_of_a_state_counts_only_where_the_page_shows_it(price: Any, shown: str, expected: str) -> None:
    assert str(state(price, shown).price) == expected


def test_a_product_that_is_only_advertised_in_a_state_is_not_the_pages() -> None:
    assert not state(19, "", title="How we fire clay").is_product
