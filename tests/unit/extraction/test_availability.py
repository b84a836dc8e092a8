"""Stock words in every form; what is not clear stays unknown."""

from __future__ import annotations

from typing import Any

import pytest

from product_checks.extraction import Availability
from product_checks.extraction.availability import best_of, read_availability

SCHEMA_ORG = {
    "InStock": "in_stock",
    "OnlineOnly": "in_stock",
    "OutOfStock": "out_of_stock",
    "SoldOut": "out_of_stock",
    "Reserved": "out_of_stock",
    "PreOrder": "preorder",
    "PreSale": "preorder",
    "BackOrder": "backorder",
    "Discontinued": "discontinued",
    "MadeToOrder": "made_to_order",
    "InStoreOnly": "in_store_only",
    "LimitedAvailability": "limited",
}
FORMS = (
    "{}",
    "https://schema.org/{}",
    "http://schema.org/{}",
    "http://www.schema.org/{}",
    "//schema.org/{}",
    "https://schema.org/{}/",
    "https://schema.org/ItemAvailability/{}",
    "https://schema.org/ItemAvailability#{}",
    "schema:{}",
    " {} ",
)


@pytest.mark.parametrize("word", SCHEMA_ORG)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("casing", [str, str.lower, str.upper])
def test_reads_the_words_of_schema_org(word: str, form: str, casing: Any) -> None:
    stated = casing(form.format(word))
    assert read_availability(stated) == SCHEMA_ORG[word]
    assert read_availability({"@id": stated}) == SCHEMA_ORG[word]
    assert read_availability([stated]) == SCHEMA_ORG[word]
    assert read_availability({"@type": "ItemAvailability", "name": stated}) == SCHEMA_ORG[word]


@pytest.mark.parametrize(
    ("stated", "meaning"),
    [
        *(("in stock", "in_stock"), ("In-Stock", "in_stock"), ("in_stock", "in_stock"), ("In stock.", "in_stock")),
        *(
            ("available", "in_stock"),
            ("available for order", "in_stock"),
            (True, "in_stock"),
            ("auf Lager", "in_stock"),
        ),
        *(("In stock, ships today", "in_stock"), ("out of stock", "out_of_stock"), ("out_of_stock", "out_of_stock")),
        *(
            ("oos", "out_of_stock"),
            ("Sold out", "out_of_stock"),
            ("Ausverkauft", "out_of_stock"),
            ("pre-order", "preorder"),
        ),
        *(("on backorder", "backorder"), ("back order", "backorder"), ("Available on backorder", "backorder")),
        *(("low stock", "limited"), (["InStock", "https://schema.org/InStock"], "in_stock")),
        *(("", "unknown"), (None, "unknown"), ({}, "unknown"), ([], "unknown"), (False, "unknown"), (0, "unknown")),
        *(
            ("maybe", "unknown"),
            ("pending", "unknown"),
            (["InStock", "OutOfStock"], "unknown"),
            ("in stock soon", "unknown"),
        ),
        *(
            ("not in stock again yet, sorry", "unknown"),
            ("https://schema.org/", "unknown"),
            ("https://shop.example/x", "unknown"),
        ),
    ],
)
def test_reads_what_feeds_and_shops_write(stated: object, meaning: str) -> None:
    assert read_availability(stated) == meaning


@pytest.mark.parametrize(
    ("variants", "product"),
    [
        (["out_of_stock", "in_stock"], "in_stock"),
        (["out_of_stock", "backorder"], "backorder"),
        (["out_of_stock", "unknown"], "unknown"),
        (["out_of_stock", "out_of_stock"], "out_of_stock"),
        (["discontinued", "out_of_stock"], "out_of_stock"),
        (["discontinued"], "discontinued"),
        ([], "unknown"),
    ],
)
def test_a_product_is_as_available_as_its_best_variant(variants: list[str], product: str) -> None:
    assert best_of([Availability(v) for v in variants]) == product
