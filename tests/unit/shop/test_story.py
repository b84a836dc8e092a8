"""The second telling of the notification rules, on products made for it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from local.sample_data import expectations
from local.sample_data.people import ADA, Following
from local.sample_data.story import known_after, told_on
from local.sample_data.wishes import abandoned, told_of_restocks, told_of_sales
from local.shop.products import Format, Product, Variant
from local.shop.stores import LUMEN
from local.shop.timeline import Timeline


def product(row: str) -> Product:
    return Product(LUMEN, "/thing", "Thing", "A thing.", Format.JSON_LD, timeline=Timeline.parse(row))


def follow(*, sku: str | None = None, percent: int = 0, price: bool = True, stock: bool = True) -> Following:
    return Following(ADA, "/thing", sku, Decimal(percent), price, stock)


@pytest.mark.parametrize(
    ("row", "following", "told"),
    [
        pytest.param("10 | 9 | 9 | 8", follow(), [1, 0, 1], id="each drop once"),
        pytest.param("10 | 9 | 10 | 9", follow(), [1, 0, 1], id="a rise arms the next drop"),
        pytest.param("10 | 9.5 | 9 | 9", follow(percent=10), [0, 1, 0], id="small drops add up to the threshold"),
        pytest.param("- | 10 | 9", follow(), [0, 1], id="the first price is no drop"),
        pytest.param("10 | 404 | 9", follow(), [0, 1], id="a failure changes nothing"),
        pytest.param("10 | 9", follow(price=False), [0], id="who does not want prices hears of none"),
        pytest.param("10 out_of_stock | 10", follow(), [1], id="back in stock"),
        pytest.param("10 out_of_stock | 9", follow(), [2], id="back in stock, and for less"),
        pytest.param("10 out_of_stock | 10 preorder | 10", follow(), [0, 0], id="a preorder is not back"),
        pytest.param("- | 10", follow(), [0], id="what was not known is not back"),
        pytest.param("10 out_of_stock | 10", follow(stock=False), [0], id="who does not want stock hears of none"),
    ],
)
def test_what_a_person_is_told_each_day(row: str, following: Following, told: list[int]) -> None:
    days = range(1, len(told) + 1)

    assert [told_on(product(row), following, day).messages for day in days] == told


def test_a_variant_that_vanished_is_known_and_says_nothing() -> None:
    small = Variant("S", {"size": "S"}, Timeline.parse("10 | 10 | 10"))
    large = Variant("L", {"size": "L"}, Timeline.parse("12 | - | 11"))
    thing = Product(LUMEN, "/thing", "Thing", "A thing.", Format.JSON_LD_GROUP, variants=(small, large))

    assert {variant.sku: variant.vanished for variant in known_after(thing, 1).variants} == {"S": False, "L": True}
    assert told_on(thing, follow(sku="L"), 1).messages == 0
    assert told_on(thing, follow(sku="L"), 2).price_drop


@pytest.mark.parametrize("day", range(1, 9))
def test_every_day_has_changes_failures_and_messages(day: int) -> None:
    products = expectations(day).products.values()

    assert any(product.notifications for product in products)
    assert any(product.status == "failed" for product in products)
    assert any(product.status == "success" for product in products)


def test_wishes_are_told_every_other_day_and_carts_are_abandoned_every_day() -> None:
    told = [[bool(told_of_sales(day)), bool(told_of_restocks(day))] for day in (1, 2, 3)]

    assert told == [[True, True], [False, False], [True, True]]
    assert abandoned()


def test_nobody_hears_of_two_wishes_on_one_day() -> None:
    # What is expected of each job's mails relies on it.
    people = [wish.person for wish in (*told_of_sales(1), *told_of_restocks(1))]

    assert len(people) == len(set(people))


def test_every_way_of_sending_mail_has_some_on_the_first_day() -> None:
    jobs = expectations(1).jobs

    assert all(
        jobs[name].processed for name in ("wishlist-sale-check", "wishlist-stock-check", "deliver-notifications")
    )
