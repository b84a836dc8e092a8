"""Which of the prices that an offer states is the one to pay."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.extraction.building import of, product


def offer(**stated: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "Product", "name": "Lamp", "sku": "L1", "offers": stated}


def spec(price: Any, **more: Any) -> dict[str, Any]:
    return {"@type": "UnitPriceSpecification", "price": price, "priceCurrency": "EUR", **more}


PRICED = {
    "a number": ({"price": 22.2, "priceCurrency": "EUR"}, "22.20"),
    "a whole number": ({"price": 22, "priceCurrency": "EUR"}, "22"),
    "a list of one": ({"price": ["22.00"], "priceCurrency": "EUR"}, "22.00"),
    "a value object": ({"price": {"@type": "xsd:decimal", "@value": "22.00"}, "priceCurrency": "EUR"}, "22.00"),
    "an aggregate": ({"@type": "AggregateOffer", "lowPrice": "20", "highPrice": 30, "priceCurrency": "EUR"}, "20"),
    "an aggregate with only a price": ({"@type": "AggregateOffer", "price": "20", "priceCurrency": "EUR"}, "20"),
    "a least and a most price": ({"minPrice": "20", "maxPrice": "24", "priceCurrency": "EUR"}, "20"),
    "a specification": ({"priceSpecification": spec(15)}, "15"),
    "a specification beside a list price": (
        {"priceSpecification": [spec(20, priceType="https://schema.org/ListPrice"), spec(15)]},
        "15",
    ),
    "a struck-through price after it": (
        {"priceSpecification": [spec(15), spec(20, priceType="https://schema.org/StrikethroughPrice")]},
        "15",
    ),
    "the price beside a struck-through one": (
        {"price": "15", "priceCurrency": "EUR", "priceSpecification": spec(20, priceType="StrikethroughPrice")},
        "15",
    ),
    "suggested prices of all names": (
        {
            "priceSpecification": [
                *(spec(20 + n, priceType=t) for n, t in enumerate(["MSRP", "SRP", "MinimumAdvertisedPrice"])),
                spec(15),
            ]
        },
        "15",
    ),
    "a sale price beside a regular one": (
        {
            "priceSpecification": [
                spec(20, priceType="RegularPrice"),
                spec(15, priceType="https://schema.org/SalePrice"),
            ]
        },
        "15",
    ),
    "a base price per litre": (
        {"priceSpecification": [spec(3, referenceQuantity={"value": 1, "unitCode": "LTR"}), spec(15)]},
        "15",
    ),
    "a price per piece": (
        {"priceSpecification": [spec(15, referenceQuantity={"value": "1", "unitCode": "C62"})]},
        "15",
    ),
    "a member price": (
        {"priceSpecification": [spec(9.95, validForMemberTier={"@id": "#gold"}), spec(15)]},
        "15",
    ),
    "a monthly price": ({"priceSpecification": [spec(2, billingDuration="P1M"), spec(15)]}, "15"),
    "net beside gross": (
        {"priceSpecification": [spec(12.61, valueAddedTaxIncluded=False), spec(15, valueAddedTaxIncluded=True)]},
        "15",
    ),
    "a down payment": ({"priceSpecification": [spec(3, priceComponentType="Downpayment"), spec(15)]}, "15"),
    "a delivery charge": (
        {
            "priceSpecification": [
                {"@type": "DeliveryChargeSpecification", "price": 5, "priceCurrency": "EUR"},
                spec(15),
            ]
        },
        "15",
    ),
    "bulk prices": ({"priceSpecification": [spec(11, eligibleQuantity={"minValue": 10}), spec(15)]}, "15"),
    "an offer that ended": ({"price": "15", "priceCurrency": "EUR", "priceValidUntil": "2001-01-01"}, "15"),
    "shipping in the offer": (
        {
            "price": "15",
            "priceCurrency": "EUR",
            "shippingDetails": {"shippingRate": {"value": "4.90", "currency": "EUR"}},
        },
        "15",
    ),
    "a money amount with its currency": (
        {"price": {"@type": "MonetaryAmount", "value": "15", "currency": "EUR"}},
        "15",
    ),
    "a money amount as specification": (
        {"priceSpecification": {"@type": "MonetaryAmount", "value": "15", "currency": "EUR"}},
        "15",
    ),
    "a money amount in the price's place": (
        {"price": {"@type": "MonetaryAmount", "value": "15"}, "priceCurrency": "EUR"},
        "15",
    ),
}


@pytest.mark.parametrize(("stated", "price"), PRICED.values(), ids=PRICED)
def test_finds_the_price(stated: dict[str, Any], price: str) -> None:
    found = of(offer(**{"@type": "Offer", **stated}))
    assert (found.is_product, found.price, found.currency) == (True, Decimal(price), "EUR")


UNPRICED: dict[str, Any] = {
    "nothing": {},
    "zero": {"price": "0.00", "priceCurrency": "EUR"},
    "the number zero": {"price": 0, "priceCurrency": "EUR"},
    "a negative price": {"price": "-1", "priceCurrency": "EUR"},
    "an empty object": {"price": {}, "priceCurrency": "EUR"},
    "null": {"price": None, "priceCurrency": "EUR"},
    "words": {"price": "on request", "priceCurrency": "EUR"},
    "two prices": {"price": ["12.00", "13.00"], "priceCurrency": "EUR"},
    "only a list price": {"priceSpecification": spec(20, priceType="https://schema.org/ListPrice")},
    "only a member price": {"priceSpecification": spec(20, validForMemberTier={"@id": "#gold"})},
    "only a monthly price": {"priceSpecification": spec(20, billingIncrement=1)},
    "only a base price": {"priceSpecification": spec(20, referenceQuantity={"value": "100", "unitCode": "GRM"})},
    "only a highest price": {"@type": "AggregateOffer", "highPrice": "20", "priceCurrency": "EUR"},
}


@pytest.mark.parametrize("stated", UNPRICED.values(), ids=UNPRICED)
def test_leaves_the_price_open(stated: dict[str, Any]) -> None:
    found = of(offer(**{"@type": "Offer", "availability": "OutOfStock", **stated}))
    assert (found.is_product, found.price, found.availability) == (True, None, "out_of_stock")
    assert "price" in (found.reason or "")


def test_takes_the_lowest_of_several_offers() -> None:
    found = of(
        product(offers=[{"@type": "Offer", "price": p, "priceCurrency": "EUR"} for p in ("32.95", "17.95", "22.2")])
    )
    assert (found.price, found.price_low, found.price_high) == (Decimal("17.95"), Decimal("17.95"), Decimal("32.95"))


def test_used_goods_are_not_the_product() -> None:
    new = {"@type": "Offer", "price": "20", "priceCurrency": "EUR", "itemCondition": "https://schema.org/NewCondition"}
    used = {"@type": "Offer", "price": "9", "priceCurrency": "EUR", "itemCondition": "https://schema.org/UsedCondition"}
    found = of(product(offers=[used, new]))
    assert (found.price, found.variants) == (Decimal(20), ())


def test_used_goods_beside_goods_of_no_stated_condition_are_not_the_product() -> None:
    plain = {"@type": "Offer", "price": "20", "priceCurrency": "EUR"}
    used = {**plain, "price": "9", "itemCondition": "https://schema.org/RefurbishedCondition"}
    assert of(product(offers=[used, plain])).price == Decimal(20)
    assert of(product(offers=[used])).price == Decimal(9)


@pytest.mark.parametrize("shape", [lambda o: {"0": o[0], "1": o[1]}, lambda o: {"offer": o}])
def test_offers_in_a_dict_are_offers(shape: Any) -> None:
    offers = [{"@type": "Offer", "price": p, "priceCurrency": "EUR"} for p in ("12", "10")]
    assert of(product(offers=shape(offers))).price == Decimal(10)


def test_names_with_a_capital_are_read() -> None:
    stated = {"@type": "Offer", "price": "12", "priceCurrency": "EUR", "Availability": "https://schema.org/InStock"}
    found = of({"@type": "Product", "name": "Lamp", "Offers": stated})
    assert (found.price, found.currency, found.availability) == (Decimal(12), "EUR", "in_stock")


@pytest.mark.parametrize(("price", "currency"), [("US $12", "USD"), ("C $12", "CAD"), ("AU $12", "AUD")])
def test_a_parted_dollar_sign_names_its_country(price: str, currency: str) -> None:
    assert of(product(price, None)).currency == currency


def test_the_lowest_price_of_an_aggregate_may_be_that_of_used_goods() -> None:
    inner = [
        {
            "@type": "Offer",
            "price": p,
            "priceCurrency": "EUR",
            "itemCondition": f"https://schema.org/{c}Condition",
            "availability": a,
        }
        for p, c, a in (("399.99", "New", "SoldOut"), ("299", "Used", "InStock"))
    ]
    found = of(product(offers={"@type": "AggregateOffer", "lowPrice": "299", "priceCurrency": "EUR", "offers": inner}))
    assert (found.price, found.availability, found.variants) == (Decimal("399.99"), "out_of_stock", ())


def test_a_price_for_the_pieces_own_content_is_its_price() -> None:
    content = {"value": "4.5", "unitCode": "KGM", "valueReference": {"value": "1", "unitCode": "KGM"}}
    found = of(offer(**{"@type": "Offer", "priceSpecification": spec(81.00, referenceQuantity=content)}))
    assert found.price == Decimal(81)


def test_rent_is_no_price() -> None:
    rent = {
        "@type": "Offer",
        "price": "2",
        "priceCurrency": "EUR",
        "businessFunction": "http://purl.org/goodrelations/v1#LeaseOut",
    }
    found = of(product(offers=[rent, {"@type": "Offer", "price": "20", "priceCurrency": "EUR"}]))
    assert found.price == Decimal(20)


def test_several_sellers_are_no_variants() -> None:
    offers = [
        {"@type": "Offer", "price": p, "priceCurrency": "EUR", "seller": {"name": s}}
        for p, s in (("12", "A"), ("11", "B"))
    ]
    found = of(product(offers={"@type": "AggregateOffer", "lowPrice": "11", "priceCurrency": "EUR", "offers": offers}))
    assert (found.price, found.variants) == (Decimal(11), ())


def test_offers_that_only_have_an_address_are_no_variants() -> None:
    inner = [{"@type": "Offer", "url": "https://a.example"}, {"@type": "Offer", "url": "https://b.example"}]
    found = of(product(offers={"@type": "AggregateOffer", "lowPrice": "11", "priceCurrency": "EUR", "offers": inner}))
    assert (found.price, found.variants, found.availability) == (Decimal(11), (), "unknown")


def test_one_currency_of_several_is_not_mixed_with_another() -> None:
    offers = [{"@type": "Offer", "price": p, "priceCurrency": c} for p, c in (("20", "EUR"), ("18", "GBP"))]
    found = of(product(offers=offers))
    assert (found.price, found.currency, found.variants) == (Decimal(20), "EUR", ())


@pytest.mark.parametrize(
    ("price", "currency", "found_currency"),
    [
        ("$475", None, None),
        ("£475", None, "GBP"),
        ("475", None, None),
        ("475", "€", "EUR"),
        ("475", "eur", "EUR"),
        ("475", "$", None),
        ("475", "XYZ", None),
        ("£475", "EUR", None),
    ],
)
def test_never_assumes_a_currency(price: str, currency: str | None, found_currency: str | None) -> None:
    found = of(product(price, currency))
    assert (found.price, found.currency) == (Decimal(475), found_currency)


def test_a_country_settles_a_bare_dollar() -> None:
    found = of(product("$475", None), url="https://shop.example.ca/p/lamp", lang="en-US")
    assert found.currency == "CAD"


def test_follows_references_between_nodes() -> None:
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "Offer", "@id": "#offer", "price": "12", "priceCurrency": "EUR", "availability": "InStock"},
            {
                "@type": "Product",
                "@id": "#lamp",
                "name": "Lamp",
                "offers": {"@id": "#offer"},
                "brand": {"@id": "#brand"},
            },
        ],
    }
    found = of(graph)
    assert (found.title, found.price, found.availability) == ("Lamp", Decimal(12), "in_stock")


def test_a_price_on_the_product_itself_counts() -> None:
    found = of({"@type": "Product", "name": "Lamp", "price": "12", "priceCurrency": "EUR", "availability": "InStock"})
    assert (found.price, found.currency) == (Decimal(12), "EUR")
