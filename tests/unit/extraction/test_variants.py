"""Variants: in product groups of every build, and in offer lists."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from product_checks.extraction import MAX_VARIANTS, Extraction
from tests.unit.extraction.building import of, product


def member(sku: str, price: Any, stock: str = "InStock", **more: Any) -> dict[str, Any]:
    offer = {"@type": "Offer", "price": price, "priceCurrency": "EUR", "availability": f"https://schema.org/{stock}"}
    return {"@type": "Product", "sku": sku, "name": f"Coat {sku}", "offers": {**offer, **more.pop("offer", {})}, **more}


def group(**more: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "ProductGroup", "name": "Coat", "productGroupID": "C", **more}


def rows(found: Extraction) -> list[tuple[Any, ...]]:
    return [(v.sku, str(v.price), v.availability.value) for v in found.variants]


SMALL = member("S", "39.99", size="small", color="green")
LARGE = member("L", "49.99", "BackOrder", size="large", color="green")
BOTH = [("S", "39.99", "in_stock"), ("L", "49.99", "backorder")]


def test_reads_variants_inside_their_group() -> None:
    found = of(group(hasVariant=[SMALL, LARGE], brand={"name": "Good"}))
    assert rows(found) == BOTH
    assert (found.title, found.brand, found.price, found.currency) == ("Coat", "Good", Decimal("39.99"), "EUR")
    assert (found.price_low, found.price_high, found.availability) == (Decimal("39.99"), Decimal("49.99"), "in_stock")
    assert found.variants[0].attributes == {"color": "green", "size": "small"}


def test_reads_variants_that_point_at_their_group() -> None:
    flat = [
        group(**{"@id": "#coat"}),
        {**SMALL, "isVariantOf": {"@id": "#coat"}},
        {**LARGE, "isVariantOf": {"@id": "#coat"}},
    ]
    assert rows(of(flat)) == BOTH
    assert rows(of(*flat)) == BOTH


def test_reads_variants_that_name_their_group() -> None:
    found = of(group(), {**SMALL, "inProductGroupWithID": "C"}, {**LARGE, "inProductGroupWithID": "C"})
    assert rows(found) == BOTH


def test_reads_a_group_that_refers_to_its_variants() -> None:
    graph = {
        "@graph": [group(hasVariant=[{"@id": "#s"}, {"@id": "#l"}]), {"@id": "#s", **SMALL}, {"@id": "#l", **LARGE}]
    }
    found = of(graph)
    assert (found.title, rows(found)) == ("Coat", BOTH)


def test_reads_a_group_that_is_described_inside_its_variants() -> None:
    found = of(
        {**SMALL, "isVariantOf": group()}, {**LARGE, "isVariantOf": {"@type": "ProductGroup", "productGroupID": "C"}}
    )
    assert (found.title, rows(found)) == ("Coat", BOTH)


def test_leaves_out_variants_of_which_only_the_address_is_known() -> None:
    found = of(group(hasVariant=[SMALL, {"url": "https://shop.example/coat?size=l"}]))
    assert (found.price, found.variants) == (Decimal("39.99"), ())


def test_the_pages_address_selects_a_variant() -> None:
    chosen = {**LARGE, "offers": {**LARGE["offers"], "url": "https://shop.example/coat?size=l"}}
    other = {**SMALL, "offers": {**SMALL["offers"], "url": "https://shop.example/coat?size=s"}}
    found = of(group(hasVariant=[other, chosen]), url="https://shop.example/coat?size=l&utm_source=mail")
    assert (found.price, found.availability, len(found.variants)) == (Decimal("49.99"), "backorder", 2)


def test_offers_of_one_shop_are_variants() -> None:
    offers = [
        {
            "@type": "Offer",
            "sku": "A",
            "price": "5",
            "priceCurrency": "EUR",
            "availability": "OutOfStock",
            "name": "Red",
        },
        {"@type": "Offer", "sku": "B", "price": "6", "priceCurrency": "EUR", "availability": "InStock", "name": "Blue"},
    ]
    found = of(product(offers=offers))
    assert rows(found) == [("A", "5", "out_of_stock"), ("B", "6", "in_stock")]
    assert found.variants[0].attributes == {"name": "Red"}
    assert found.availability == "in_stock"


def test_offers_inside_an_aggregate_are_variants() -> None:
    offers = [
        {"@type": "Offer", "sku": s, "price": p, "priceCurrency": "EUR", "availability": "InStock"}
        for s, p in ("A5", "B6")
    ]
    found = of(
        product(
            offers={"@type": "AggregateOffer", "lowPrice": 5, "highPrice": 6, "priceCurrency": "EUR", "offers": offers}
        )
    )
    assert rows(found) == [("A", "5", "in_stock"), ("B", "6", "in_stock")]


def test_offers_name_what_they_offer() -> None:
    items = [{"@type": "Product", "name": f"Lamp {c}", "sku": c, "color": c} for c in ("red", "blue")]
    offers = [{"@type": "Offer", "price": 5, "priceCurrency": "EUR", "itemOffered": i} for i in items]
    found = of(product(offers=offers))
    assert [(v.sku, v.attributes) for v in found.variants] == [("red", {"color": "red"}), ("blue", {"color": "blue"})]


def test_keeps_a_bounded_number_of_variants_and_says_so() -> None:
    found = of(group(hasVariant=[member(str(n), "5.00") for n in range(MAX_VARIANTS + 5)]))
    assert len(found.variants) == MAX_VARIANTS
    assert f"first {MAX_VARIANTS} variants" in (found.reason or "")


def test_an_unknown_stock_among_sold_out_variants_stays_unknown() -> None:
    unknown = {
        "@type": "Product",
        "sku": "U",
        "name": "U",
        "offers": {"@type": "Offer", "price": "5", "priceCurrency": "EUR"},
    }
    found = of(group(hasVariant=[member("S", "5", "OutOfStock"), unknown]))
    assert found.availability == "unknown"


def test_products_of_the_pages_name_with_their_own_numbers_are_its_variants() -> None:
    found = of(*(product(p, sku=s, name="Lamp") for p, s in (("10.00", "red"), ("12.00", "blue"))), title="Lamp")
    assert (found.price, [v.sku for v in found.variants]) == (Decimal("10.00"), ["red", "blue"])


def test_variants_of_a_group_that_is_only_named_are_one_product() -> None:
    found = of(
        *(
            product(p, sku=s, name=f"Coat {s}", inProductGroupWithID="C1")
            for p, s in (("10.00", "red"), ("12.00", "blue"))
        )
    )
    assert (found.title, found.price, [v.sku for v in found.variants]) == ("Coat", Decimal(10), ["red", "blue"])
