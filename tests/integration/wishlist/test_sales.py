"""Who hears of a sale, as a table of what happens in the shop and what the next check then tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.integration.wishlist.shop import Checks, Shop

Step = Callable[[Shop, Checks], object]


def price(**columns: Any) -> Step:
    return lambda shop, _: shop.price(**columns)


def wish(**columns: Any) -> Step:
    return lambda shop, _: shop.wish(**columns)


def change(sql: str) -> Step:
    return lambda shop, _: shop.run(sql)


def told(min_drop_percent: int = 0) -> Step:
    def check(_: Shop, checks: Checks) -> None:
        assert checks.sales(min_drop_percent) == ["ada"]
        assert checks.sales(min_drop_percent) == [], "told twice"

    return check


def silent(min_drop_percent: int = 0) -> Step:
    def check(_: Shop, checks: Checks) -> None:
        assert checks.sales(min_drop_percent) == []

    return check


def sale_ends_by_its_date(shop: Shop, _: Checks) -> None:
    shop.let_sale_end()


NO_DATES = {"sale_starts_at": None, "sale_ends_at": None}
# An item costs 100 USD; it is wished for at the beginning unless the row says otherwise.
TRANSITIONS: dict[str, Sequence[Step]] = {
    "no sale": [wish(), silent()],
    "a sale": [wish(), price(sale_price=80), told()],
    "a sale that was there before the wish is no news": [price(sale_price=80), wish(), silent()],
    "a sale that was there before the wish, and then a lower price": [
        price(sale_price=80), wish(), silent(), price(sale_price=79), told(),
    ],
    "a lower price in the same sale": [wish(), price(sale_price=80), told(), price(sale_price=75), told()],
    "a higher price in the same sale": [wish(), price(sale_price=80), told(), price(sale_price=90), silent()],
    "up and down again in the same sale, to what was told": [
        wish(), price(sale_price=80), told(), price(sale_price=90), silent(), price(sale_price=80), silent(),
        price(sale_price=79.99), told(),
    ],
    "the same sale is given a new end": [
        wish(), price(sale_price=80, sale_ends_at=1), told(), price(sale_ends_at=2), silent(), price(sale_ends_at=None),
        silent(),
    ],
    "the end of a sale arms the next one": [
        wish(), price(sale_price=80), told(), price(sale_price=None), silent(), price(sale_price=80), told(),
    ],
    "an end that no check has seen arms as well": [
        wish(), price(sale_price=80), told(), price(sale_price=None), price(sale_price=85), told(),
    ],
    "an end by its date that no check has seen": [
        wish(), price(sale_price=80, sale_ends_at=1), told(), sale_ends_by_its_date,
        price(sale_price=85, sale_ends_at=1), told(),
    ],
    "an end by its date, then the same sale once more": [
        wish(), price(sale_price=80, sale_ends_at=1), told(), sale_ends_by_its_date, silent(), price(sale_ends_at=1),
        told(),
    ],
    "a sale that is put off ends": [
        wish(), price(sale_price=80), told(), price(sale_starts_at=1), silent(), price(sale_starts_at=-1), told(),
    ],
    "the end arms against the price when wished, not against the last sale": [
        wish(), price(sale_price=60), told(), price(sale_price=None), price(sale_price=99), told(),
    ],
    "a sale above the price when wished": [
        price(sale_price=70), wish(), price(sale_price=None), silent(), price(sale_price=70), silent(),
        price(sale_price=75), silent(), price(sale_price=69), told(),
    ],
    "a sale above the price when wished, because everything costs more now": [
        wish(), price(regular_price=200, sale_price=150), silent(),
    ],
    "a lower regular price is no sale": [wish(), price(regular_price=50), silent()],
    "a sale after the regular price went down": [wish(), price(regular_price=50), price(sale_price=45), told()],
    "a sale price as high as the regular one": [wish(), price(sale_price=100), silent()],
    "a sale price above the regular one": [wish(), price(sale_price=120), silent()],
    "a sale price of nothing": [wish(), price(sale_price=0), silent()],
    "a negative sale price": [wish(), price(sale_price=-5), silent()],
    "a sale price that is no number": [wish(), change("UPDATE products SET sale_price = 'NaN'"), silent()],
    "a sale that has not begun": [wish(), price(sale_price=80, sale_starts_at=1), silent()],
    "a sale that is over": [wish(), price(sale_price=80, sale_ends_at=-1), silent()],
    "a sale inside its dates": [wish(), price(sale_price=80, sale_starts_at=-1, sale_ends_at=1), told()],
    "a sale whose dates are the wrong way round": [
        wish(), price(sale_price=80, sale_starts_at=1, sale_ends_at=-1), silent(),
    ],
    "an import that writes the same prices again": [
        wish(), price(sale_price=80, **NO_DATES), told(), price(sale_price=80, **NO_DATES), silent(),
    ],
    "a drop of exactly the percentage": [wish(), price(sale_price=90), told(10)],
    "a drop a cent short of the percentage": [wish(), price(sale_price=90.01), silent(10)],
    "the percentage is of what was told last": [
        wish(), price(sale_price=90), told(10), price(sale_price=81.01), silent(10), price(sale_price=81), told(10),
    ],
    "any real drop": [wish(), price(sale_price=99.99), told()],
    "not wanted": [wish(notify_on_sale=False), price(sale_price=80), silent()],
    "wanted again": [
        wish(notify_on_sale=False), price(sale_price=80), silent(),
        change("UPDATE wishlists SET notify_on_sale = true"), told(),
    ],
    "the other preference does not matter": [wish(notify_on_stock=False), price(sale_price=80), told()],
    "a sale in another currency is not compared": [
        wish(), price(regular_price=90, sale_price=10, regular_currency="EUR"), silent(),
    ],
    "after a change of currency the next sale counts, in the new one": [
        wish(), price(regular_price=90, sale_price=70, regular_currency="EUR"), silent(), price(sale_price=None),
        price(sale_price=80), told(),
    ],
    "and so does a lower price in that sale": [
        wish(), price(regular_price=90, sale_price=70, regular_currency="EUR"), silent(), price(sale_price=69), told(),
    ],
    "a change of currency in the middle of a sale": [
        wish(), price(sale_price=80), told(), price(regular_price=90, sale_price=7, regular_currency="EUR"), silent(),
    ],
    "a sale in another currency ends the one before, seen by a check or not": [
        wish(), price(sale_price=80), told(), price(sale_price=7, regular_currency="EUR"),
        price(sale_price=85, regular_currency="USD"), told(),
    ],
    "no price when wished is known": [
        price(regular_price=None, regular_currency=None), wish(), price(regular_price=100, regular_currency="USD"),
        price(sale_price=80), silent(), price(sale_price=None), price(sale_price=90), told(),
    ],
    "a price when wished that the shop remembers": [
        price(sale_price=80), wish(price=100, currency="USD"), told(),
    ],
    "another item is wished for instead": [
        wish(), price(sale_price=80), told(),
        lambda shop, _: shop.run("UPDATE wishlists SET product_id = :other", other=shop.add_product(50)),
        silent(), change("UPDATE products SET sale_price = 40 WHERE regular_price = 50"), told(),
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", TRANSITIONS)
def test_transitions(case: str, shop: Shop, checks: Checks) -> None:
    for step in TRANSITIONS[case]:
        step(shop, checks)


class TestVariants:
    def test_a_variant_with_its_own_price_does_not_follow_its_product(self, shop: Shop, checks: Checks) -> None:
        red, blue = shop.add_variant(100), shop.add_variant(100)
        for name, variant in (("ada", None), ("rosa", red), ("bert", blue)):
            shop.wish(name, variant=variant)

        shop.price(sale_price=80)
        assert checks.sales() == ["ada"]
        shop.price("variants", red, sale_price=70)
        assert checks.sales() == ["rosa"]

    def test_a_variant_without_a_price_has_its_products(self, shop: Shop, checks: Checks) -> None:
        shop.wish("rosa", variant=shop.add_variant())
        assert shop.run("SELECT price, currency FROM wishlists") == [[100, "USD"]]

        shop.price(sale_price=80)
        assert checks.sales() == ["rosa"]
        shop.price(sale_price=None)
        shop.price(sale_price=80)
        assert checks.sales() == ["rosa"]

    def test_a_variant_that_gives_its_price_up_is_in_its_products_sale(self, shop: Shop, checks: Checks) -> None:
        red = shop.add_variant(90)
        shop.wish("rosa", variant=red)
        shop.price(sale_price=80)
        shop.price("variants", red, sale_price=70)
        assert checks.sales() == ["rosa"]

        shop.price("variants", red, sale_price=None, regular_price=None, regular_currency=None)
        assert checks.sales() == ["rosa"]
        assert checks.sales() == []

    def test_a_sale_price_without_a_regular_one_changes_nothing(self, shop: Shop, checks: Checks) -> None:
        red = shop.add_variant()
        shop.wish("rosa", variant=red)
        shop.price(sale_price=80)
        assert checks.sales() == ["rosa"]

        shop.price("variants", red, sale_price=1)
        assert checks.sales() == []


class TestWhatIsTold:
    def test_prices_are_text_and_the_end_is_a_moment(self, shop: Shop, checks: Checks) -> None:
        shop.wish()
        shop.price(sale_price="79.50", sale_ends_at=5)
        checks.sales()
        ends_at = shop.one(
            "SELECT to_char(sale_ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM products"
        )
        assert shop.payloads() == [
            {"old_price": "100", "price": "79.50", "regular_price": "100", "currency": "USD", "ends_at": ends_at}
        ]

    def test_the_old_price_is_what_was_told_last(self, shop: Shop, checks: Checks) -> None:
        shop.wish()
        for sale in (80, 70):
            shop.price(sale_price=sale)
            checks.sales()
        assert [payload["old_price"] for payload in shop.payloads()] == ["100", "80"]
        assert "ends_at" not in shop.payloads()[0]

    def test_the_telling_is_kept_with_the_wish(self, shop: Shop, checks: Checks) -> None:
        wish_id = shop.wish()
        shop.price(sale_price=80)
        checks.sales()
        kept = shop.run("SELECT wishlist_id, kind, price, currency, event FROM wishlist_notifications")
        assert [row[:4] for row in kept] == [[wish_id, "sale", 80, "USD"]]
        assert shop.one("SELECT event_key FROM notifications") == f"sale:{wish_id}:{kept[0][4]}"


class TestTruthAtDelivery:
    @pytest.mark.parametrize(
        ("change", "is_true"),
        [
            ("SELECT 1", True),
            ("UPDATE products SET sale_price = 75", True),
            ("UPDATE products SET sale_price = 80.01", False),
            ("UPDATE products SET sale_price = NULL", False),
            ("UPDATE products SET sale_ends_at = now()", False),
            ("UPDATE products SET regular_currency = 'EUR'", False),
            ("UPDATE wishlists SET notify_on_sale = false", False),
            ("DELETE FROM wishlists", False),
        ],
    )
    def test_a_sale_is_told_while_it_is_true(self, change: str, is_true: bool, shop: Shop, checks: Checks) -> None:
        shop.wish()
        shop.price(sale_price=80)
        checks.sales()
        shop.run(change)
        true = shop.run("SELECT * FROM notifications_still_true(ARRAY(SELECT id FROM notifications))")
        assert bool(true) is is_true
