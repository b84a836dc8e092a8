"""What the shop's checkouts call: reserve, extend, complete, release, and the view of what is available."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.reservations.shop import Refused, Shop

UNKNOWN_STOCK, NOT_ENOUGH, UNKNOWN_HOLD, ENDED, ANOTHER = "NS010", "NS011", "NS012", "NS013", "NS014"


def refusal(call: Callable[..., Any], *values: Any, **named: Any) -> str:
    with pytest.raises(Refused) as caught:
        call(*values, **named)
    return caught.value.code


class TestReserve:
    def test_it_holds_units_for_the_usual_time(self, shop: Shop) -> None:
        lamp = shop.stock(5)
        hold = shop.reserve(lamp, 2)
        assert (shop.counters(lamp), shop.available(lamp)) == ((5, 2), 3)
        lifetime = shop.one("SELECT expires_at - created_at FROM inventory_reservations WHERE id = :id", id=hold)
        assert lifetime == timedelta(minutes=10)

    def test_no_more_than_there_is(self, shop: Shop) -> None:
        lamp = shop.stock(3)
        shop.reserve(lamp, 2)
        assert refusal(shop.reserve, lamp, 2) == NOT_ENOUGH
        shop.reserve(lamp, 1)
        assert (shop.counters(lamp), shop.available(lamp)) == ((3, 3), 0)

    def test_a_retry_gets_the_same_hold(self, shop: Shop) -> None:
        lamp, same = shop.stock(5), uuid4()
        assert shop.reserve(lamp, 2, id=same) == shop.reserve(lamp, 2, id=same) == same
        assert shop.counters(lamp) == (5, 2)

    def test_an_id_is_good_for_one_hold(self, shop: Shop) -> None:
        lamp, chair, same = shop.stock(5), shop.stock(5), uuid4()
        shop.reserve(lamp, 2, id=same)
        for other in ((lamp, 1), (chair, 2)):
            assert refusal(shop.reserve, *other, id=same) == ANOTHER
        assert refusal(shop.reserve, lamp, 2, id=same, cart="another cart") == ANOTHER
        shop.expire(same)
        assert refusal(shop.reserve, lamp, 2, id=same) == ENDED

    def test_what_is_expired_can_be_had_before_the_cleanup_comes(self, shop: Shop) -> None:
        lamp = shop.stock(1)
        old = shop.reserve(lamp)
        shop.expire(old)
        assert shop.available(lamp) == 1
        shop.reserve(lamp)
        assert shop.available(lamp) == 0
        assert refusal(shop.reserve, lamp) == NOT_ENOUGH
        assert shop.imbalance() == []

    @pytest.mark.parametrize(("wanted", "lifetime"), [(0, None), (-1, None), (1, "0 seconds"), (1, "-1 minute")])
    def test_nonsense_is_refused(self, shop: Shop, wanted: int, lifetime: str | None) -> None:
        assert refusal(shop.reserve, shop.stock(5), wanted, lifetime) == "22023"

    def test_a_product_without_stock_row(self, shop: Shop) -> None:
        assert refusal(shop.reserve, 4711) == UNKNOWN_STOCK

    def test_a_variant_has_its_own_stock(self, shop: Shop) -> None:
        shirt = shop.stock(9)
        variant = shop.one("INSERT INTO variants (product_id, sku, position) VALUES (:p, 'M', 0) RETURNING id", p=shirt)
        reserve = f"SELECT inventory_id FROM reserve(gen_random_uuid(), {shirt}, {variant}, 1, 'cart')"
        with pytest.raises(Refused, match="no stock is kept"):
            shop.run(reserve)
        row = shop.one(
            "INSERT INTO inventory (product_id, variant_id, quantity) VALUES (:p, :v, 1) RETURNING id",
            p=shirt,
            v=variant,
        )
        assert shop.one(reserve) == row
        left = shop.run("SELECT variant_id, available FROM inventory_available ORDER BY variant_id")
        assert left == [[variant, 0], [None, 9]]

    def test_of_eight_that_want_the_last_one_gets_it(self, shop: Shop, connect: Callable[[], Any]) -> None:
        lamp = shop.stock(1)

        def want(_number: int) -> str:
            with connect() as own:
                try:
                    return str(own.reserve(lamp))
                except Refused as refused:
                    return refused.code

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(want, range(8)))
        assert answers.count(NOT_ENOUGH) == 7
        assert shop.counters(lamp) == (1, 1)


class TestExtend:
    def test_it_counts_from_now_and_never_shortens(self, shop: Shop) -> None:
        hold = shop.reserve(shop.stock(1), lifetime="1 minute")
        longer = shop.extend(hold, "1 hour")
        assert longer > shop.one("SELECT now() + interval '59 minutes'")
        assert shop.extend(hold) == longer

    def test_a_hold_that_lives_by_the_setting_gets_a_time_of_its_own(self, shop: Shop) -> None:
        hold = shop.hold(shop.stock(1), age="9 minutes")
        assert shop.extend(hold) > shop.one("SELECT now() + interval '9 minutes'")

    def test_not_when_it_is_too_late(self, shop: Shop) -> None:
        lamp = shop.stock(1)
        hold = shop.reserve(lamp)
        shop.expire(hold)
        assert refusal(shop.extend, hold) == ENDED
        assert refusal(shop.extend, shop.hold(lamp, age="10 minutes")) == ENDED
        assert refusal(shop.extend, uuid4()) == UNKNOWN_HOLD


class TestComplete:
    def test_sold_units_leave_quantity_and_reserved_together_once(self, shop: Shop) -> None:
        lamp = shop.stock(5)
        hold = shop.reserve(lamp, 2)
        assert [shop.complete(hold), shop.complete(hold)] == ["completed", "completed"]
        assert (shop.counters(lamp), shop.available(lamp)) == ((3, 0), 3)

    def test_not_when_it_is_too_late(self, shop: Shop) -> None:
        lamp = shop.stock(5)
        expired, released = shop.reserve(lamp), shop.reserve(lamp)
        shop.expire(expired)
        shop.release(released)
        assert [refusal(shop.complete, hold) for hold in (expired, released)] == [ENDED, ENDED]
        assert shop.counters(lamp) == (5, 1)

    def test_the_time_is_that_of_the_call_not_of_its_transaction(self, shop: Shop, connect: Callable[[], Any]) -> None:
        lamp = shop.stock(1)
        hold = shop.reserve(lamp)
        with connect() as slow:
            slow.run("BEGIN")
            slow.run("SELECT now()")
            shop.expire(hold)  # after the slow transaction began, and somebody else takes the unit
            shop.reserve(lamp)
            assert refusal(slow.complete, hold) == ENDED

    def test_not_more_than_a_correction_of_the_stock_has_left(self, shop: Shop) -> None:
        lamp = shop.stock(5)
        hold = shop.reserve(lamp, 4)
        shop.run("UPDATE inventory SET quantity = 3")
        assert refusal(shop.complete, hold) == NOT_ENOUGH
        assert shop.counters(lamp) == (3, 4)
        assert shop.available(lamp) == 0

    def test_a_stock_row_that_is_gone_is_named(self, shop: Shop) -> None:
        hold = shop.reserve(shop.stock(5))
        shop.run("DELETE FROM products")
        assert [refusal(call, hold) for call in (shop.complete, shop.extend, shop.release)] == [UNKNOWN_STOCK] * 3


class TestRelease:
    def test_units_come_back_once(self, shop: Shop) -> None:
        lamp = shop.stock(5)
        kept, hold = shop.reserve(lamp, 1), shop.reserve(lamp, 2)
        assert [shop.release(hold), shop.release(hold)] == ["released", "released"]
        assert (shop.counters(lamp), shop.status(kept)) == ((5, 1), "active")

    def test_what_is_sold_stays_sold(self, shop: Shop) -> None:
        lamp = shop.stock(5)
        hold = shop.reserve(lamp, 2)
        shop.complete(hold)
        assert refusal(shop.release, hold) == ENDED
        assert shop.counters(lamp) == (3, 0)


@pytest.mark.parametrize("call", ["extend", "complete", "release"])
def test_the_stock_row_comes_before_the_hold(shop: Shop, connect: Callable[[], Any], call: str) -> None:
    """Or a hold that is just being counted out could come back to life."""
    lamp = shop.stock(5)
    hold = shop.reserve(lamp)
    with connect() as other, connect() as late:
        other.run("BEGIN")
        other.reserve(lamp)
        late.run("SET lock_timeout = '20ms'")
        assert refusal(getattr(late, call), hold) == "55P03"
    getattr(shop, call)(hold)


def test_a_counter_never_goes_below_zero(shop: Shop) -> None:
    lamp = shop.stock(5)
    hold = shop.reserve(lamp, 2)
    shop.run("UPDATE inventory SET reserved = 1")
    assert [refusal(call, hold) for call in (shop.complete, shop.release)] == ["23514", "23514"]
    assert (shop.counters(lamp), shop.status(hold)) == ((5, 1), "active")
