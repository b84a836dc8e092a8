# ruff: noqa: E501 - markup reads best unbroken
"""Which of several marked-up products a page is about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from product_checks.extraction import Failure, extract
from tests.unit.extraction.building import URL, of, page, product, script


def other(number: int, **more: Any) -> dict[str, Any]:
    return product(f"{number}.00", name=f"Thing {number}", url=f"https://shop.example/p/{number}", **more)


MAIN = product("95.00", name="Lamp", url=URL)


def test_the_pages_address_decides() -> None:
    assert of(other(1), other(2), MAIN, other(3)).price == Decimal(95)
    assert of({"@graph": [other(1), MAIN]}, url=URL + "?utm_source=mail#top").price == Decimal(95)


def test_an_identifier_is_an_address_too() -> None:
    assert of(other(1), product("95.00", **{"@id": URL + "#product"})).price == Decimal(95)


def test_the_offers_address_counts() -> None:
    assert of(other(1), product("95.00", offer={"url": URL})).price == Decimal(95)


def test_the_canonical_address_decides_when_the_own_one_does_not() -> None:
    head = f'<link rel="canonical" href="{URL}">'
    assert of(other(1), MAIN, url="https://shop.example/x?id=5", head=head).price == Decimal(95)


def test_a_front_page_as_canonical_decides_nothing() -> None:
    head = '<link rel="canonical" href="https://shop.example/">'
    found = of(other(1), product("3.00", name="Front", url="https://shop.example/"), MAIN, head=head)
    assert found.price == Decimal(95)


def test_the_heading_decides_where_no_address_does() -> None:
    blocks = script(product("1.00", name="Bulb")) + script(product("95.00", name="Lamp"))
    assert extract(page(f"{blocks}<h1>LAMP</h1>"), URL).price == Decimal(95)


def test_the_title_decides_where_the_heading_does_not() -> None:
    blocks = script(product("1.00", name="Bulb")) + script(product("95.00", name="Desk Lamp"))
    assert extract(page(blocks, title="Desk Lamp | Shop"), URL).price == Decimal(95)


def test_an_item_number_in_the_address_decides() -> None:
    found = of(
        product("1.00", name="Bulb", sku="1111"), product("95.00", sku="2222"), url="https://shop.example/p/x-2222.html"
    )
    assert found.price == Decimal(95)


def test_the_main_entity_wins() -> None:
    graph = {"@graph": [other(1), {"@type": "WebPage", "mainEntity": {"@id": "#m"}}, {**product("95.00"), "@id": "#m"}]}
    assert of(graph).price == Decimal(95)


def test_related_products_do_not_count() -> None:
    related = [product("7.00", name="Bulb")]
    for name in ("isRelatedTo", "isSimilarTo", "isAccessoryOrSparePartFor", "isConsumableFor"):
        assert of({**product("95.00"), name: related}).price == Decimal(95)


def test_listed_products_do_not_count() -> None:
    items = [{"@type": "ListItem", "position": n, "item": other(n)} for n in range(1, 4)]
    assert of({"@type": "ItemList", "itemListElement": items}, product("95.00", name="Any")).price == Decimal(95)


def test_the_same_product_told_twice_is_one() -> None:
    rated = {"@type": "Product", "name": "Lamp", "aggregateRating": {"ratingValue": 5}, "brand": "Acme"}
    found = of(rated, product("95.00"))
    assert (found.price, found.brand) == (Decimal(95), "Acme")


def test_several_products_of_which_none_is_the_pages_own_are_a_failure() -> None:
    found = of(*(other(n) for n in range(1, 7)), url="https://shop.example/c/all")
    assert (found.is_product, found.failure, found.price) == (False, Failure.SEVERAL_PRODUCTS, None)
    assert "6 products" in (found.reason or "")


def test_a_grid_of_microdata_is_a_failure() -> None:
    cell = """<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">T{0}</b><div itemprop="offers" itemscope
        itemtype="https://schema.org/Offer"><meta itemprop="price" content="{0}.00"></div></div>"""
    found = extract(page("".join(cell.format(n) for n in range(1, 5))), "https://shop.example/c/all")
    assert found.failure == Failure.SEVERAL_PRODUCTS


def test_an_offer_elsewhere_on_the_page_is_not_the_products() -> None:
    found = of(product("95.00", brand={"@type": "Offer", "name": "Acme", "price": "1.00"}))
    assert found.price == Decimal(95)


def test_a_top_level_offer_is_of_what_it_offers() -> None:
    found = of(
        {
            "@type": "Offer",
            "price": "95.00",
            "priceCurrency": "EUR",
            "itemOffered": {"@type": "Product", "name": "Lamp"},
        }
    )
    assert (found.title, found.price) == ("Lamp", Decimal(95))


def test_parts_of_a_bundle_are_not_the_bundle() -> None:
    part = product("5.00", name="Bulb")
    offer = {"includesObject": {"@type": "TypeAndQuantityNode", "typeOfGood": part}}
    assert of(product("95.00", isRelatedTo=[part], offer=offer)).price == Decimal(95)


NEIGHBOUR = """<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Bulb</b><div itemprop="offers" itemscope
    itemtype="https://schema.org/Offer"><meta itemprop="price" content="1.50"></div></div>"""
OG_LAMP = '<meta property="og:type" content="product"><meta property="og:title" content="Lamp">'
OG_PRICE = '<meta property="og:price:amount" content="99"><meta property="og:price:currency" content="EUR">'


def test_a_neighbour_alone_in_microdata_is_not_the_pages_product() -> None:
    assert extract(page(f"<h1>Lamp</h1>{NEIGHBOUR}", head=OG_LAMP + OG_PRICE), URL).price == Decimal(99)
    assert extract(page(f"<h1>Lamp</h1>{NEIGHBOUR}", head=OG_LAMP), URL).price is None


def test_a_neighbour_does_not_lend_its_price_to_the_pages_product() -> None:
    own = script({"@type": "Product", "name": "Lamp", "sku": "L1"})
    found = extract(page(f"{own}<h1>Lamp</h1>{NEIGHBOUR}"), URL)
    assert (found.title, found.price) == ("Lamp", None)


def test_products_at_the_pages_address_with_one_name_are_variants() -> None:
    found = of(*(product(f"{n}.00", name=f"Lamp {c}", sku=c, url=f"{URL}?c={c}") for n, c in ((6, "red"), (5, "blue"))))
    assert (found.title, found.price, [v.sku for v in found.variants]) == ("Lamp", Decimal(5), ["red", "blue"])


def test_one_variant_described_alone_is_the_product() -> None:
    own = {**product("5.00", name="Red lamp", sku="R"), "@id": "#r", "isVariantOf": {"@id": "#g"}}
    group = {
        "@type": "ProductGroup",
        "@id": "#g",
        "name": "Lamp",
        "brand": "Acme",
        "hasVariant": [{"@id": "#r"}, {"url": "/b"}],
    }
    found = of(group, own)
    assert (found.title, found.brand, found.price, found.variants) == ("Red lamp", "Acme", Decimal(5), ())


def test_a_named_offer_alone_is_the_product() -> None:
    found = of({"@type": "Offer", "name": "Lamp", "price": "19.95", "priceCurrency": "USD"})
    assert (found.title, found.price) == ("Lamp", Decimal("19.95"))


def test_an_advertisement_on_the_front_page_is_not_its_product() -> None:
    assert not of(MAIN, url="https://shop.example/").is_product
