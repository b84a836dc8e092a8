from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from local.sample_data.people import FOLLOWINGS
from local.shop import catalogue
from local.shop.products import Format
from local.shop.stores import STORES
from local.shop.timeline import Offer, Timeline, Trouble


def test_a_row_reads_before_and_day_by_day_and_begins_again() -> None:
    timeline = Timeline.parse("89.00 | 74.00 out_of_stock | 404")

    assert timeline.on(0) == Offer(Decimal("89.00"))
    assert timeline.on(1) == timeline.on(3) == Offer(Decimal("74.00"), "out_of_stock")
    assert timeline.on(2) == timeline.on(4) == Trouble.NOT_FOUND


@pytest.mark.parametrize("row", ["404 | 74.00", "74.00", "-"])
def test_a_row_needs_an_offer_before_and_a_day(row: str) -> None:
    with pytest.raises(ValueError, match="a row needs"):
        Timeline.parse(row)


def test_paths_are_unique_over_all_shops() -> None:
    paths = [path for product in catalogue.PRODUCTS for path in (product.path, product.moved_from) if path]

    assert [path for path, count in Counter(paths).items() if count > 1] == []


def test_every_shop_format_and_trouble_is_there() -> None:
    cells = {cell for product in catalogue.PRODUCTS if product.timeline for cell in product.timeline.days}

    assert {product.store for product in catalogue.PRODUCTS} == set(STORES)
    assert {product.format for product in catalogue.PRODUCTS} == set(Format)
    assert {cell for cell in cells if isinstance(cell, Trouble)} == set(Trouble)


def test_somebody_follows_every_product() -> None:
    assert {following.path for following in FOLLOWINGS} == {item.tracked_path for item in catalogue.PRODUCTS}


def test_a_run_can_check_all_products() -> None:
    assert len(catalogue.PRODUCTS) <= 50  # MAX_PRODUCTS_PER_RUN
