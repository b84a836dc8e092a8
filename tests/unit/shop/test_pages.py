"""Every page says to product checks what its table says."""

from __future__ import annotations

import pytest

from local.sample_data.expected import error_class
from local.shop import catalogue
from local.shop.pages import Market
from local.shop.products import Product
from local.shop.stores import STORES
from local.shop.trouble import Answer
from product_checks.charset import decode
from product_checks.extraction import Extraction, extract

ADDRESSES = {store.slug: f"http://{store.slug}.example" for store in STORES}
DAYS = range(5)
PAGES_OF_TROUBLE = {"gone", "blocked", "not_a_product", "several_products"}


def visit(product: Product, day: int) -> Answer:
    return Market(day, ADDRESSES).answer(product.store, product.path)


def read(product: Product, day: int) -> Extraction:
    answer = visit(product, day)
    store = product.store
    charset = f"; charset={store.charset}" if store.names_charset else ""
    page = decode(answer.body.encode(store.charset), answer.content_type + charset)
    return extract(page, ADDRESSES[store.slug] + product.path)


OFFERED = [
    pytest.param(product, day, id=f"{product.slug}-{day}")
    for product in catalogue.PRODUCTS
    for day in DAYS
    if product.shown(day)
]
IN_TROUBLE = [
    pytest.param(product, day, id=f"{product.slug}-{day}")
    for product in catalogue.PRODUCTS
    for day in DAYS
    if error_class(product, day) in PAGES_OF_TROUBLE
]


@pytest.mark.parametrize(("product", "day"), OFFERED)
def test_an_offer_is_read_as_the_table_has_it(product: Product, day: int) -> None:
    shown, found = product.shown(day), read(product, day)

    assert shown is not None
    assert found.is_product, found.reason
    assert (found.title, found.currency) == (product.name, product.store.currency)
    assert found.image == f"{ADDRESSES[product.store.slug]}/images/{product.slug}.svg"
    assert (found.price, str(found.availability)) == (shown.headline.price, shown.headline.availability)
    assert {
        variant.sku: (variant.price, variant.currency, str(variant.availability)) for variant in found.variants
    } == {variant.sku: (offer.price, product.store.currency, offer.availability) for variant, offer in shown.variants}


@pytest.mark.parametrize(("product", "day"), IN_TROUBLE)
def test_trouble_is_told_by_its_page(product: Product, day: int) -> None:
    answer, found = visit(product, day), read(product, day)

    assert not found.is_product
    if answer.status in {200, 503}:  # other statuses speak for themselves
        assert str(found.failure) == error_class(product, day)
