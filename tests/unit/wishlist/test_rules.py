"""The rules as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from wishlist.rules import Prices, Verdict, Wish, after_sale, judge_sale, judge_stock, same_sale

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
D = Decimal


@pytest.mark.parametrize(
    ("prices", "is_sale"),
    [
        (Prices(), False),
        (Prices(D(100)), False),
        (Prices(D(100), "USD", D(80)), True),
        (Prices(D(100), "USD", D("99.99")), True),
        (Prices(D(100), "USD", D(100)), False),
        (Prices(D(100), "USD", D(101)), False),
        (Prices(D(100), "USD", D(0)), False),
        (Prices(D(100), "USD", D(-1)), False),
        (Prices(None, None, D(80)), False),
        (Prices(D(100), "USD", D(80), starts_at=NOW), True),
        (Prices(D(100), "USD", D(80), starts_at=NOW + INSTANT), False),
        (Prices(D(100), "USD", D(80), ends_at=NOW), False),
        (Prices(D(100), "USD", D(80), ends_at=NOW + INSTANT), True),
        (Prices(D(100), "USD", D(80), starts_at=NOW - HOUR, ends_at=NOW + HOUR), True),
        (Prices(D(100), "USD", D(80), starts_at=NOW + HOUR, ends_at=NOW - HOUR), False),
    ],
)
def test_what_is_a_sale(prices: Prices, is_sale: bool) -> None:
    assert prices.is_on_sale(NOW) is is_sale
    assert prices.now(NOW) == (prices.sale if is_sale else prices.regular)


@pytest.mark.parametrize(
    ("sale", "wish", "percent", "verdict"),
    [
        ("80", Wish(D(100), "USD"), 0, Verdict.TELL),
        ("80", Wish(D(80), "USD"), 0, Verdict.NOTHING),
        ("80", Wish(D("80.01"), "USD"), 0, Verdict.TELL),
        ("80", Wish(D(70), "USD"), 0, Verdict.NOTHING),
        ("80", Wish(D(100), "USD", told=D(80)), 0, Verdict.NOTHING),
        ("80", Wish(D(100), "USD", told=D(75)), 0, Verdict.NOTHING),
        ("80", Wish(D(100), "USD", told=D(85)), 0, Verdict.TELL),
        ("80", Wish(D(70), "USD", told=D(85)), 0, Verdict.TELL),
        ("90", Wish(D(100), "USD"), 10, Verdict.TELL),
        ("90.01", Wish(D(100), "USD"), 10, Verdict.NOTHING),
        ("80", Wish(D(100), "EUR"), 0, Verdict.LEARN),
        ("1", Wish(D(100), "EUR"), 0, Verdict.LEARN),
        ("80", Wish(None, None), 0, Verdict.LEARN),
        ("100", Wish(D(200), "USD"), 0, Verdict.NOTHING),
    ],
)
def test_who_hears_of_a_sale(sale: str, wish: Wish, percent: int, verdict: Verdict) -> None:
    assert judge_sale(Prices(D(100), "USD", D(sale)), wish, NOW, percent) is verdict


def test_a_telling_is_remembered_and_learning_takes_the_regular_price_for_the_next_sale() -> None:
    prices = Prices(D(100), "USD", D(80))
    wish = Wish(D(95), "USD")
    assert after_sale(prices, wish, Verdict.TELL) == Wish(D(95), "USD", told=D(80))
    assert after_sale(prices, wish, Verdict.NOTHING) == wish
    assert after_sale(prices, Wish(D(95), "EUR"), Verdict.LEARN) == Wish(D(100), "USD", told=D(80))


SALE = Prices(D(100), "USD", D(80))


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        (SALE, Prices(D(100), "USD", D(70)), True),
        (SALE, Prices(D(200), "USD", D(90)), True),
        (SALE, Prices(D(100), "USD", D(80), ends_at=NOW + HOUR), True),
        (SALE, Prices(D(100), "USD"), False),
        (SALE, Prices(D(100), "EUR", D(80)), False),
        (SALE, Prices(D(100), "USD", D(80), starts_at=NOW + HOUR), False),
        (Prices(D(100), "USD"), SALE, False),
        (Prices(D(100), "USD", D(80), ends_at=NOW), SALE, False),
    ],
)
def test_when_a_sale_goes_on(before: Prices, after: Prices, is_same: bool) -> None:
    assert same_sale(before, after, NOW) is is_same


@pytest.mark.parametrize(
    ("seen_out", "available", "verdict"),
    [
        (True, 1, Verdict.TELL),
        (True, 0, Verdict.NOTHING),
        (True, None, Verdict.NOTHING),
        (False, 1, Verdict.NOTHING),
        (False, 0, Verdict.NOTHING),
    ],
)
def test_who_hears_of_a_restock(seen_out: bool, available: int | None, verdict: Verdict) -> None:
    assert judge_stock(Wish(None, None, seen_out=seen_out), available) is verdict
