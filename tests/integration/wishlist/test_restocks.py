"""Who hears of a restock, as a table of what happens to the stock and what the next check then tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.integration.wishlist.shop import Checks, Shop

Step = Callable[[Shop, Checks], object]


def wish(**columns: Any) -> Step:
    return lambda shop, _: shop.wish(**columns)


def stock(quantity: int) -> Step:
    return lambda shop, _: shop.stock(quantity)


def reserve(wanted: int) -> Step:
    return lambda shop, _: shop.reserve(wanted)


def change(sql: str) -> Step:
    return lambda shop, _: shop.run(sql)


def told(_: Shop, checks: Checks) -> None:
    assert checks.restocks() == ["ada"]
    assert checks.restocks() == [], "told twice"


def silent(_: Shop, checks: Checks) -> None:
    assert checks.restocks() == []


def expire(shop: Shop, _: Checks) -> None:
    shop.expire_holds()


def complete(shop: Shop, _: Checks) -> None:
    shop.run("SELECT complete_reservation(id) FROM inventory_reservations WHERE status = 'active'")


def give_back(shop: Shop, _: Checks) -> None:
    shop.run("SELECT release_reservation(id) FROM inventory_reservations WHERE status = 'active'")


def clean_up(shop: Shop, _: Checks) -> None:
    shop.run(
        "SELECT release_expired_reservations('own', '-infinity', '00000000-0000-0000-0000-000000000000', 100)"
    )  # fmt: skip


# There are ten; the item is wished for at the beginning unless the row says otherwise.
TRANSITIONS: dict[str, Sequence[Step]] = {
    "in stock all along": [wish(), silent, stock(5), silent, stock(20), silent],
    "out and back, each seen by a check": [wish(), stock(0), silent, stock(3), told],
    "out and back between two checks": [wish(), silent, stock(0), stock(3), told],
    "out when wished for": [stock(0), wish(), silent, stock(3), told],
    "out and back before the wish is no news": [stock(0), stock(3), wish(), silent],
    "still out": [wish(), stock(0), silent, silent],
    "a second restock": [wish(), stock(0), stock(3), told, stock(0), silent, stock(1), told],
    "a second restock between two checks": [wish(), stock(0), stock(3), told, stock(0), stock(1), told],
    "out again before anybody was told": [wish(), stock(0), stock(3), stock(0), silent, stock(3), told],
    "out at the check although it was back in between": [wish(), stock(0), silent, stock(3), stock(0), silent],
    "reserved to the last one and given back": [wish(), reserve(10), silent, give_back, told],
    "reserved but for one": [wish(), reserve(9), give_back, silent],
    "reserved to the last one, and the hold expires": [wish(), reserve(10), silent, expire, told],
    "the cleanup after that is no news": [wish(), reserve(10), expire, told, clean_up, silent],
    "sold to the last one": [wish(), reserve(10), complete, silent, stock(4), told],
    "an expired hold beside a new one": [
        wish(), reserve(10), expire, told, reserve(9), silent, reserve(1), silent, give_back, told,
    ],
    "reserved again after an expired hold, nothing left": [wish(), reserve(10), expire, told, reserve(10), silent],
    "more stock comes while all is reserved": [wish(), reserve(10), silent, stock(11), told],
    "stock arrives that is all reserved": [wish(), stock(0), silent, stock(2), reserve(2), silent, give_back, told],
    "not wanted": [wish(notify_on_stock=False), stock(0), stock(3), silent],
    "wanted again, but it was back before": [
        wish(notify_on_stock=False), stock(0), stock(3), change("UPDATE wishlists SET notify_on_stock = true"), silent,
    ],
    "wanted again while it is out": [
        wish(notify_on_stock=False), stock(0), change("UPDATE wishlists SET notify_on_stock = true"), silent, stock(3),
        told,
    ],
    "the other preference does not matter": [wish(notify_on_sale=False), stock(0), stock(3), told],
    "no stock is kept of it": [change("DELETE FROM inventory"), wish(), silent],
    "stock is kept of it for the first time": [change("DELETE FROM inventory"), wish(), stock(5), silent],
    "and for the first time there is none": [change("DELETE FROM inventory"), wish(), stock(0), silent, stock(5), told],
    "the stock row is made anew": [wish(), stock(0), change("DELETE FROM inventory"), silent, stock(5), silent],
    "another item is wished for instead, which was back before": [
        wish(), lambda shop, _: _wish_for_another(shop), silent,
    ],
}  # fmt: skip


def _wish_for_another(shop: Shop) -> None:
    other = shop.add_product()
    shop.stock(0, other)
    shop.stock(5, other)
    shop.run("UPDATE wishlists SET product_id = :other", other=other)


@pytest.mark.parametrize("case", TRANSITIONS)
def test_transitions(case: str, shop: Shop, checks: Checks) -> None:
    for step in TRANSITIONS[case]:
        step(shop, checks)


class TestVariants:
    @pytest.fixture
    def variants(self, shop: Shop) -> list[int]:
        """Two variants of one product, of which there are some each."""
        shop.run("DELETE FROM inventory")
        variants = [shop.add_variant(), shop.add_variant()]
        for variant in variants:
            shop.stock(4, variant=variant)
        return variants

    def test_a_variant_is_told_for_itself(self, shop: Shop, checks: Checks, variants: list[int]) -> None:
        for name, variant in zip(("rosa", "bert"), variants, strict=True):
            shop.wish(name, variant=variant)
        shop.stock(0, variant=variants[0])
        assert checks.restocks() == []
        shop.stock(2, variant=variants[0])
        assert checks.restocks() == ["rosa"]

    def test_a_product_is_out_when_all_its_variants_are(self, shop: Shop, checks: Checks, variants: list[int]) -> None:
        shop.wish()
        shop.stock(0, variant=variants[0])
        shop.stock(2, variant=variants[0])
        assert checks.restocks() == []
        for variant in variants:
            shop.reserve(2 if variant == variants[0] else 4, variant=variant)
        assert checks.restocks() == []
        shop.stock(9, variant=variants[1])
        assert checks.restocks() == ["ada"]
        assert checks.restocks() == []


class TestMarks:
    def test_a_checkout_that_leaves_something_makes_no_mark(self, shop: Shop) -> None:
        shop.reserve(9)
        assert shop.run("SELECT out_mark, all_out_mark FROM inventory") == [[0, 0]]
        shop.reserve(1)
        assert shop.one("SELECT out_mark > 0 AND all_out_mark > 0 FROM inventory")

    def test_a_sale_out_that_is_rolled_back_was_none(self, shop: Shop, checks: Checks) -> None:
        shop.wish()
        shop.run("BEGIN")
        shop.stock(0)
        shop.run("ROLLBACK")
        assert checks.restocks() == []

    def test_a_sale_out_that_is_committed_after_the_telling_counts_for_the_next(
        self, shop: Shop, checks: Checks
    ) -> None:
        shop.wish()
        shop.stock(0)
        shop.stock(3)
        shop.run("BEGIN")
        shop.reserve(3)
        assert checks.restocks() == ["ada"]
        shop.run("COMMIT")
        shop.expire_holds()
        assert checks.restocks() == ["ada"]


class TestTruthAtDelivery:
    @pytest.mark.parametrize(
        ("change", "is_true"),
        [
            ("SELECT 1", True),
            ("UPDATE inventory SET quantity = 1", True),
            ("UPDATE inventory SET quantity = 0", False),
            ("SELECT reserve(gen_random_uuid(), (SELECT id FROM products), NULL, 3, 'cart')", False),
            ("UPDATE wishlists SET notify_on_stock = false", False),
            ("DELETE FROM wishlists", False),
            ("DELETE FROM inventory", False),
        ],
    )
    def test_a_restock_is_told_while_it_is_true(self, change: str, is_true: bool, shop: Shop, checks: Checks) -> None:
        shop.wish()
        shop.stock(0)
        shop.stock(3)
        checks.restocks()
        shop.run(change)
        true = shop.run("SELECT * FROM notifications_still_true(ARRAY(SELECT id FROM notifications))")
        assert bool(true) is is_true

    def test_it_says_what_it_costs(self, shop: Shop, checks: Checks) -> None:
        shop.wish()
        shop.stock(0)
        shop.stock(3)
        checks.restocks()
        assert shop.payloads() == [{"price": "100", "currency": "USD"}]
