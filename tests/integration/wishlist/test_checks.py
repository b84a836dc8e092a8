"""The two jobs from event to mail: real PostgreSQL, moto's DynamoDB, an SES that keeps what it is given."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from nightshift.errors import JobFailed, StaleFence
from nightshift.platform import platform
from nightshift.sql import queries
from tests.integration.wishlist.shop import Checks, Shop
from tests.support.runs import running
from tests.support.ses import Ses
from wishlist import check_sales, check_stock, checking
from wishlist.check_sales import CHECK_SALES
from wishlist.checking import find, restocks, sales

ON_SCHEDULE = {"trigger": "schedule", "slot": "2026-11-22T15:00:00Z"}


def counts(result: dict[str, Any]) -> dict[str, Any]:
    return {name: result["metadata"][name] for name in ("checked", "notified", "errors")}


@pytest.mark.usefixtures("ses")
class TestJobs:
    def test_a_sale_is_found_and_mailed_once(self, shop: Shop, ses: Ses) -> None:
        shop.wish("ada")
        shop.wish("bert", notify_on_sale=False)
        shop.price(sale_price=80)

        first = check_sales.handler({}, None)
        assert counts(first) == {"checked": 1, "notified": 1, "errors": 0}
        assert ses.addressees == ["ada@example.com"]
        assert (first["jobType"], first["status"], first["processed"]) == ("wishlist-sale-check", "succeeded", 1)
        assert shop.run("SELECT status FROM notifications") == [["sent"]]

        assert counts(check_sales.handler({}, None)) == {"checked": 1, "notified": 0, "errors": 0}
        assert ses.addressees == ["ada@example.com"]

    def test_a_restock_is_found_and_mailed_once(self, shop: Shop, ses: Ses) -> None:
        shop.wish("ada")
        shop.wish("bert", notify_on_stock=False)
        shop.stock(0)
        assert counts(check_stock.handler({}, None))["notified"] == 0
        shop.stock(4)
        assert counts(check_stock.handler({}, None)) == {"checked": 1, "notified": 1, "errors": 0}
        assert counts(check_stock.handler({}, None))["notified"] == 0
        assert ses.addressees == ["ada@example.com"]

    def test_the_first_run_over_an_old_shop_mails_nobody(self, shop: Shop, ses: Ses) -> None:
        shop.price(sale_price=80)
        out = shop.add_product()
        shop.stock(0, out)
        for name in ("ada", "bert", "rosa"):
            shop.wish(name)
            shop.wish(name, out)
        shop.run("UPDATE wishlists SET created_at = now() - interval '2 years'")

        results = [check_sales.handler({}, None), check_stock.handler({}, None)]
        assert [counts(result) for result in results] == [{"checked": 6, "notified": 0, "errors": 0}] * 2
        assert ses.mails == []

    def test_what_the_run_came_to_is_recorded(self, shop: Shop) -> None:
        shop.wish()
        shop.price(sale_price=80)
        result = check_sales.handler(ON_SCHEDULE, None)
        row = shop.run("SELECT status, processed, failed, lock, metadata FROM job_runs")[0]
        assert row[:4] == ["succeeded", 1, 0, "wishlist:sale-check"]
        assert (
            row[4] == result["metadata"] == {"checked": 1, "notified": 1, "errors": 0, "mails": 1, "leftToDeliver": 0}
        )

    def test_a_check_that_is_switched_off_does_nothing_by_schedule(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WISHLIST_SALE_CHECK_ENABLED", "false")
        monkeypatch.setenv("WISHLIST_STOCK_CHECK_ENABLED", "false")
        shop.wish()
        shop.price(sale_price=80)
        shop.stock(0)
        shop.stock(1)
        for module in (check_sales, check_stock):
            off = module.handler(ON_SCHEDULE, None)
            assert off["metadata"] == {"checked": 0, "notified": 0, "errors": 0, "enabled": False}
            assert counts(module.handler({"trigger": "http"}, None))["notified"] == 1

    def test_the_percentage_is_a_setting(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WISHLIST_MIN_DROP_PERCENT", "25")
        shop.wish()
        shop.price(sale_price=80)
        assert counts(check_sales.handler({}, None))["notified"] == 0
        shop.price(sale_price=75)
        assert counts(check_sales.handler({}, None))["notified"] == 1

    def test_what_is_not_true_any_more_is_not_mailed(self, shop: Shop, ses: Ses) -> None:
        shop.wish()
        shop.price(sale_price=80)
        with running(CHECK_SALES, platform().settings.database_url) as run:
            assert find(run, sales(0)).notified == 1
        shop.price(sale_price=None)
        check_sales.handler({}, None)
        assert ses.mails == []
        assert shop.run("SELECT status FROM notifications") == [["suppressed"]]

    def test_without_mail_the_run_fails_and_what_was_found_waits(
        self, shop: Shop, ses: Ses, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop.wish()
        shop.price(sale_price=80)
        with monkeypatch.context() as without:
            without.delenv("MAIL_FROM")
            with pytest.raises(JobFailed, match="MAIL_FROM is missing"):
                check_sales.handler({}, None)
        assert shop.run("SELECT status FROM notifications") == [["pending"]]

        again = check_sales.handler({}, None)
        assert counts(again)["notified"] == 0
        assert ses.addressees == ["ada@example.com"]


class TestPages:
    @pytest.fixture(autouse=True)
    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checking, "PAGE_SIZE", 3)

    @pytest.fixture
    def crowd(self, shop: Shop) -> list[str]:
        """Seven people who wish for one thing, and for a variant of it."""
        red = shop.add_variant()
        names = [f"person{number}" for number in range(7)]
        for name in names:
            shop.wish(name)
            shop.wish(name, variant=red)
        shop.run("DELETE FROM inventory")
        for quantity in (0, 5):
            shop.stock(quantity, variant=red)
        shop.price(sale_price=80)
        return sorted(names * 2)

    def test_nobody_is_lost_between_two_pages(self, checks: Checks, crowd: list[str]) -> None:
        assert checks.sales() == crowd
        assert checks.restocks() == crowd

    def test_what_is_left_when_the_time_is_up_is_found_by_the_next_run(
        self, shop: Shop, checks: Checks, one_database: str, crowd: list[str]
    ) -> None:
        with running(CHECK_SALES, one_database) as run:
            ticks = iter([-10.0, -10.0, 10.0])
            run.monotonic = lambda: next(ticks)
            cut = find(run, sales(0))
        assert (cut.notified, cut.done) == (6, False)
        assert len(checks.sales()) == len(crowd) - 6
        assert sorted(name for name, _ in shop.told()) == crowd

    @pytest.mark.usefixtures("crowd")
    def test_only_counts_come_back(self, checks: Checks) -> None:
        rows = checks.run.write(
            queries("wishlist")["claim_sales"], page_size=5, product_id=0, variant_id=0, min_drop_percent=0
        )
        assert [row["notified"] for row in rows] == [5]


class TestRivals:
    def test_two_searches_at_once_tell_everybody_once(self, shop: Shop, checks: Checks, rival: Checks) -> None:
        shop.run("INSERT INTO users (email) SELECT 'p' || n || '@example.com' FROM generate_series(1, 500) AS n")
        shop.run("INSERT INTO wishlists (user_id, product_id) SELECT id, :product FROM users", product=shop.product)
        shop.price(sale_price=80)
        begin = threading.Barrier(2)

        def search(checks: Checks) -> int:
            begin.wait()
            return sum(find(checks.run, sales(0)).notified for _ in range(3))

        with ThreadPoolExecutor(2) as pool:
            notified = list(pool.map(search, (checks, rival)))
        assert sum(notified) == 500
        assert shop.one("SELECT count(DISTINCT user_id) FROM notifications") == 500

    @pytest.mark.parametrize("search", [sales(0), restocks()], ids=lambda search: search.kind)
    def test_a_page_that_is_not_committed_yet_is_passed_over(
        self, search: Any, shop: Shop, checks: Checks, rival: Checks
    ) -> None:
        shop.wish()
        shop.price(sale_price=80)
        shop.stock(0)
        shop.stock(1)
        claim = queries("wishlist")[search.claim]
        with checks.run.transaction(claim, page_size=9, product_id=0, variant_id=0, **search.values) as rows:
            assert rows[0]["notified"] == 1
            assert find(rival.run, search).notified == 0
        assert find(rival.run, search).notified == 0
        assert len(shop.told()) == 1

    def test_a_page_that_is_rolled_back_is_found_again(self, shop: Shop, checks: Checks, rival: Checks) -> None:
        shop.wish()
        shop.price(sale_price=80)
        claim = queries("wishlist")["claim_sales"]
        place: dict[str, Any] = {"page_size": 9, "product_id": 0, "variant_id": 0}
        with pytest.raises(ZeroDivisionError), checks.run.transaction(claim, **place, min_drop_percent=0):
            raise ZeroDivisionError
        assert rival.sales() == ["ada"]

    @pytest.mark.parametrize("lock", ["wishlists", "users"])
    def test_a_person_who_is_just_changing_something_is_left_to_the_next_check(
        self, lock: str, shop: Shop, checks: Checks
    ) -> None:
        shop.wish("ada")
        shop.wish("bert")
        shop.price(sale_price=80)
        column = "user_id" if lock == "wishlists" else "id"
        shop.run("BEGIN")
        shop.run(f"SELECT 1 FROM {lock} WHERE {column} = :ada FOR UPDATE", ada=shop.person("ada"))
        found = find(checks.run, sales(0))
        shop.run("COMMIT")
        assert found.notified == 1
        assert shop.told() == [("bert", "sale")]
        assert checks.sales() == ["ada"]

    def test_a_preference_that_changes_at_the_last_moment_counts(self, shop: Shop, checks: Checks) -> None:
        shop.wish()
        shop.price(sale_price=80)
        shop.run("UPDATE wishlists SET notify_on_sale = false")
        assert checks.sales() == []

    @pytest.mark.usefixtures("ses")
    def test_a_run_whose_lock_was_taken_over_tells_nobody(self, shop: Shop, checks: Checks) -> None:
        shop.wish()
        shop.price(sale_price=80)
        lease = platform().locks.acquire("wishlist:sale-check", 60, who="a run that was paused", run_id="run")
        checks.run.lease = lease
        shop.run("INSERT INTO job_fence (job, fence, holder) VALUES (:job, :fence, 'newer')", job=lease.name,
                 fence=lease.fence + 1)  # fmt: skip
        try:
            with pytest.raises(StaleFence):
                find(checks.run, sales(0))
        finally:
            checks.run.lease = None
        assert shop.told() == []
