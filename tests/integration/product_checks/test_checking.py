"""Product checks from event to rows: real pages over HTTP, real PostgreSQL, moto's DynamoDB."""

from __future__ import annotations

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from nightshift.errors import LockRefused
from nightshift.job import Run
from nightshift.platform import Platform, PlatformSettings, platform
from nightshift.settings import load
from nightshift.sql import queries
from product_checks.check_products import CHECK_PRODUCTS, handler
from product_checks.checking import check_due_products
from tests.integration.product_checks.conftest import Store, check
from tests.support.pages import Page, PageServer

pytestmark = pytest.mark.usefixtures("aws", "settings")


class TestOneProduct:
    def test_the_first_check_learns_price_stock_and_name(self, store: Store, shop: PageServer) -> None:
        store.track(shop.product("/p", "12.50"))
        result = handler({}, None)
        assert (result["processed"], result["failed"]) == (1, 0)
        assert store.run("SELECT name, price, currency, availability, failures_in_row FROM products") == [
            ["Thing /p", Decimal("12.50"), "EUR", "in_stock", 0]
        ]
        assert store.run("SELECT price::text, currency FROM price_history") == [["12.50", "EUR"]]
        assert store.column("SELECT availability FROM stock_history") == ["in_stock"]
        assert store.column("SELECT count(*) FROM notifications") == [0]
        status, metadata, run_id = store.run("SELECT status, metadata, run_id FROM check_runs")[0]
        assert (status, str(run_id), metadata["http_status"]) == ("success", result["run_id"], 200)

    def test_nothing_is_recorded_twice_where_nothing_changed(self, store: Store, shop: PageServer) -> None:
        store.track(shop.product("/p"))
        check(store)
        check(store)
        assert store.one("SELECT count(*) FROM price_history") == 1
        assert store.one("SELECT count(*) FROM stock_history") == 1
        assert store.one("SELECT count(*) FROM check_runs") == 2

    def test_a_product_is_due_again_only_after_the_interval(self, store: Store, shop: PageServer) -> None:
        store.track(shop.product("/p"))
        assert handler({}, None)["processed"] == 1
        assert handler({}, None)["processed"] == 0
        minutes = store.one("SELECT round(extract(epoch FROM next_check_at - last_checked_at) / 60) FROM products")
        assert minutes == 30

    def test_a_check_counts_as_of_its_slot_so_that_the_next_tick_finds_it_due(
        self, store: Store, shop: PageServer
    ) -> None:
        store.track(shop.product("/p"))
        slot = store.one("SELECT now() - interval '40 seconds'")
        handler({"trigger": "schedule", "slot": slot.isoformat()}, None)
        assert store.one("SELECT next_check_at FROM products") == slot + timedelta(minutes=30)

    def test_a_page_that_has_not_changed_is_not_read_again(self, store: Store, shop: PageServer) -> None:
        store.track(shop.product("/p"))
        shop.pages["/p"].etag = '"1"'
        check(store)
        result = check(store)
        assert result["metadata"]["not_modified"] == 1
        assert store.column("SELECT metadata->>'not_modified' FROM check_runs ORDER BY id") == [None, "true"]
        assert store.one("SELECT next_check_at > now() FROM products")

    def test_a_page_that_says_it_is_the_same_is_read_in_full_once_a_day(self, store: Store, shop: PageServer) -> None:
        store.track(shop.product("/p"))
        shop.pages["/p"].etag = '"1"'
        check(store)
        store.run("UPDATE products SET read_at = now() - interval '25 hours'")
        assert "not_modified" not in check(store)["metadata"]

    def test_one_product_can_be_checked_before_it_is_due(self, store: Store, shop: PageServer) -> None:
        product_id = store.track(shop.product("/p"))
        handler({}, None)
        assert handler({"params": {"product_id": product_id}}, None)["processed"] == 1


class TestFailures:
    """A failure changes nothing it did not learn."""

    @pytest.mark.parametrize(
        ("page", "error_class"),
        [
            (Page("gone", 404), "gone"),
            (Page("oops", 500), "http_status"),
            (Page("no", 403), "blocked"),
            (
                Page("<html><head><title>About us</title></head><body><h1>About us</h1><p>We are.</p></body></html>"),
                None,
            ),
            (Page(""), "empty"),
            (Page("x", 200, {"Content-Type": "image/png"}), "not_a_page"),
            (Page("", 302, {"Location": "http://169.254.169.254/latest"}), "address_refused"),
        ],
        ids=["404", "500", "403", "no product", "empty", "an image", "to the metadata service"],
    )
    def test_neither_price_nor_stock_moves(
        self, store: Store, shop: PageServer, page: Page, error_class: str | None
    ) -> None:
        store.track(shop.product("/p"))
        check(store)
        shop.pages["/p"] = page
        result = check(store)
        assert (result["processed"], result["failed"], result["status"]) == (1, 1, "succeeded")
        assert store.run("SELECT price::text, availability, failures_in_row FROM products") == [
            ["10.00", "in_stock", 1]
        ]
        status, found = store.run("SELECT status, error_class FROM check_runs ORDER BY id DESC LIMIT 1")[0]
        assert (status, found) == ("failed", error_class or found)
        assert store.one("SELECT next_check_at > now() FROM products"), "the next check always moves on"
        assert store.one("SELECT count(*) FROM price_history") == 1

    def test_a_page_without_price_and_stock_keeps_what_was_known(self, store: Store, shop: PageServer) -> None:
        store.track(shop.product("/p"))
        check(store)
        shop.product("/p", None, None, description="Still a product.", sku="S-1")
        check(store)
        assert store.run("SELECT price::text, availability FROM products") == [["10.00", "in_stock"]]

    def test_one_failing_product_never_stops_the_others(self, store: Store, shop: PageServer) -> None:
        store.track(shop.url + "/missing")
        store.track(shop.product("/p"))
        store.track("http://10.0.0.1/private")
        result = handler({}, None)
        assert (result["processed"], result["failed"]) == (3, 2)
        assert store.column("SELECT error_class FROM check_runs WHERE status = 'failed' ORDER BY 1") == [
            "address_refused",
            "gone",
        ]

    def test_a_server_that_asks_for_peace_gets_it(self, store: Store, shop: PageServer) -> None:
        store.track(shop.url + "/busy")
        shop.pages["/busy"] = Page("later", 429, {"Retry-After": "7200"})
        handler({}, None)
        hours = store.one("SELECT round(extract(epoch FROM next_check_at - now()) / 3600) FROM products")
        assert hours == 2

    def test_what_cannot_be_stored_fails_alone(self, store: Store, shop: PageServer) -> None:
        store.track(shop.product("/a"))
        store.track(shop.product("/b"))
        store.run("ALTER TABLE products ADD CONSTRAINT no_a CHECK (name IS DISTINCT FROM 'Thing /a')")
        result = handler({}, None)
        assert (result["processed"], result["failed"]) == (2, 1)
        assert store.column("SELECT error_class FROM check_runs WHERE status = 'failed'") == ["not_stored"]

    def test_no_secret_of_a_redirect_is_kept(self, store: Store, shop: PageServer) -> None:
        store.track(shop.url + "/old")
        shop.product("/new?token=hush")
        shop.pages["/old"] = Page("", 302, {"Location": "/new?token=hush"})
        handler({}, None)
        assert store.one("SELECT metadata->>'final_url' FROM check_runs") == shop.url + "/new"

    def test_no_secret_of_an_address_is_shown(self, store: Store, shop: PageServer) -> None:
        store.track(shop.url + "/gone?token=hush")
        result = handler({}, None)
        shown = json.dumps(result) + str(store.run("SELECT error_message, metadata FROM check_runs"))
        assert "hush" not in shown


class TestTheRun:
    def test_at_most_so_many_oldest_first(
        self, store: Store, shop: PageServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MAX_PRODUCTS_PER_RUN", "2")
        for position in range(4):
            product_id = store.track(shop.product(f"/{position}"))
            store.run(
                f"UPDATE products SET next_check_at = now() - interval '{position} hours' WHERE id = {product_id}"
            )
        assert handler({}, None)["processed"] == 2
        assert sorted(shop.requests) == ["/2", "/3"]

    def test_what_nobody_tracks_is_not_checked(self, store: Store, shop: PageServer) -> None:
        store.track(shop.product("/p"))
        store.run("DELETE FROM tracked_items")
        assert handler({}, None)["processed"] == 0

    def test_due_products_come_from_the_index(self, store: Store) -> None:
        store.run(
            "INSERT INTO products (url, tracked, next_check_at)"
            " SELECT 'https://x.example/' || n, n % 10 = 0, now() + make_interval(mins => n - 100)"
            " FROM generate_series(1, 20000) AS n"
        )
        store.run("ANALYZE products")
        sql = queries("product_checks")["due_products"]
        plan = "\n".join(store.column("EXPLAIN " + sql.replace(":limit", "50")))
        assert "products_due" in plan
        assert "Sort" not in plan

    def test_two_messages_to_postgresql_for_a_product(self, store: Store, shop: PageServer) -> None:
        for position in range(5):
            store.track(shop.product(f"/{position}"))
        handler({}, None)
        before = platform().database.round_trips
        check(store)
        overhead = 3  # claim and start, the list of due products, the end
        assert platform().database.round_trips - before == overhead + 2 * 5

    def test_several_workers_never_check_a_product_twice(self, store: Store, shop: PageServer) -> None:
        ids = [store.track(shop.product(f"/{position}")) for position in range(6)]
        shop.gate = threading.Event()
        with ThreadPoolExecutor(3) as pool:
            workers = [pool.submit(worker, limit) for limit in (6, 5, 4)]
            assert shop.waiting.acquire(timeout=20)
            shop.gate.set()
            for worker_done in workers:
                worker_done.result(timeout=60)
        assert sorted(shop.requests) == sorted(f"/{position}" for position in range(6))
        assert store.one("SELECT count(*) FROM check_runs") == len(ids)

    def test_switched_off_a_schedule_checks_nothing(
        self, store: Store, shop: PageServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CHECK_SCHEDULER_ENABLED", "false")
        store.track(shop.product("/p"))
        event = {"trigger": "schedule", "slot": "2026-11-22T15:00:00Z"}
        assert handler(event, None)["metadata"] == {"enabled": False}
        assert handler({}, None)["processed"] == 1


def worker(limit: int) -> None:
    """Run the job's work beside others, as a second product-checks function under a lock of its own would."""
    base = Platform(load(PlatformSettings, os.environ))
    lease = base.locks.acquire(f"worker-{limit}", 120, who="test", run_id="test")
    base.database.write(f"SELECT claim_fence('{lease.name}', {lease.fence}, '{lease.holder}')")
    deadline = time.monotonic() + 110
    run_id = uuid4()
    try:
        check_due_products(Run(str(run_id), CHECK_PRODUCTS, "manual", {"limit": limit}, base, deadline, lease=lease))
    except LockRefused as error:
        raise AssertionError("a refused product must be passed over") from error
    finally:
        base.database.close()
