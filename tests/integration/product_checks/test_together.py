"""Checks that are written together: each with its own rows, and all or none."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest

from nightshift.errors import StaleFence
from nightshift.job import Run
from nightshift.lease import Lease
from nightshift.platform import platform
from product_checks import ingestion
from product_checks.check_products import CHECK_PRODUCTS, handler
from product_checks.extraction import extract
from product_checks.fetching import Fetched
from product_checks.ingestion import Check, KnownProduct, Record
from tests.integration.product_checks.conftest import Store
from tests.support.pages import PageServer

pytestmark = pytest.mark.usefixtures("aws", "settings")


@pytest.fixture
def run(store: Store) -> Run:
    assert store
    return Run(str(uuid4()), CHECK_PRODUCTS, "manual", {}, platform(), time.monotonic() + 60)


def _leases(run: Run, ids: list[int]) -> list[Lease]:
    return [run.platform.locks.acquire(f"product-check:{each}", 60, who="test", run_id=run.id) for each in ids]


def _read(shop: PageServer, path: str, known: KnownProduct, lease: Lease) -> Record:
    page = Fetched(shop.url + path, 200, shop.pages[path].body.encode())
    return ingestion.page_read(_check(known, lease), known, page, extract(page.body.decode(), page.final_url))


def _check(known: KnownProduct, lease: Lease) -> Check:
    return Check(known.id, lease, 1800.0, 5, {"http_status": 200})


def _claimed(run: Run, store: Store, shop: PageServer) -> list[tuple[KnownProduct, Lease]]:
    ids = [store.track(shop.product(f"/{number}", f"{number + 1}.00")) for number in range(4)]
    leases = _leases(run, ids)
    known = ingestion.claim(run, list(zip(ids, leases, strict=True)))
    assert [each.id for each in known if each] == ids
    return [(each, lease) for each, lease in zip(known, leases, strict=True) if each]


def test_pages_failures_and_what_has_not_changed_go_into_one_message(run: Run, store: Store, shop: PageServer) -> None:
    (one, two, three, four) = _claimed(run, store, shop)
    records = [
        _read(shop, "/0", *one),
        ingestion.page_failed(_check(*two), "gone", "it is gone"),
        ingestion.page_unchanged(_check(*three)),
        _read(shop, "/3", *four),
    ]
    before = run.database.round_trips
    metadata = ingestion.record(run, records)
    assert run.database.round_trips - before == 1
    assert [each.get("not_modified") for each in metadata] == [None, None, True, None]
    assert store.run("SELECT price::text, failures_in_row, next_check_at > now() FROM products ORDER BY id") == [
        ["1.00", 0, True],
        [None, 1, True],
        [None, 0, True],
        ["4.00", 0, True],
    ]
    assert store.run("SELECT product_id, status FROM check_runs ORDER BY product_id") == [
        [one[0].id, "success"],
        [two[0].id, "failed"],
        [three[0].id, "success"],
        [four[0].id, "success"],
    ]
    assert store.run("SELECT product_id, price::text FROM price_history ORDER BY product_id") == [
        [one[0].id, "1.00"],
        [four[0].id, "4.00"],
    ]


def test_where_one_has_lost_its_product_nothing_is_written(run: Run, store: Store, shop: PageServer) -> None:
    claimed = _claimed(run, store, shop)
    late = claimed[1][1]
    store.run(f"SELECT claim_fence('{late.name}', {late.fence + 1}, 'somebody newer')")
    records = [_read(shop, f"/{number}", *each) for number, each in enumerate(claimed)]
    with pytest.raises(StaleFence):
        ingestion.record(run, records)
    assert store.one("SELECT count(*) FROM check_runs") == 0
    assert store.column("SELECT price FROM products") == [None] * 4


def test_who_lost_a_product_before_is_told_so_beside_the_others(run: Run, store: Store, shop: PageServer) -> None:
    ids = [store.track(shop.product(f"/{number}")) for number in range(3)]
    leases = _leases(run, ids)
    store.run(f"SELECT claim_fence('{leases[1].name}', {leases[1].fence + 1}, 'somebody newer')")
    known = ingestion.claim(run, list(zip(ids, leases, strict=True)))
    assert [each and each.id for each in known] == [ids[0], None, ids[2]]


def test_changes_of_variants_stay_with_their_products(run: Run, store: Store, shop: PageServer) -> None:
    for name in ("a", "b"):
        store.track(shop.product(f"/{name}", offers=_offers(**{f"{name}1": "10", f"{name}2": "20"})))
    assert handler({}, None)["processed"] == 2
    ids = store.column("SELECT id FROM products ORDER BY id")
    known = ingestion.claim(run, list(zip(ids, leases := _leases(run, ids), strict=True)))
    shop.product("/a", offers=_offers(a1="11", a3="30"))
    assert known[0]
    assert known[1]
    ingestion.record(run, [_read(shop, "/a", known[0], leases[0]), _read(shop, "/b", known[1], leases[1])])
    assert store.run("SELECT sku, price::text, vanished_at IS NULL, product_id FROM variants ORDER BY sku") == [
        ["a1", "11.00", True, ids[0]],
        ["a2", "20.00", False, ids[0]],
        ["a3", "30.00", True, ids[0]],
        ["b1", "10.00", True, ids[1]],
        ["b2", "20.00", True, ids[1]],
    ]
    newest = "SELECT price::text FROM price_history WHERE variant_id IS NOT NULL AND product_id = {} ORDER BY id"
    assert [len(store.column(newest.format(each))) for each in ids] == [4, 2]


def _offers(**prices: str) -> list[dict[str, str]]:
    return [{"@type": "Offer", "sku": sku, "price": price, "priceCurrency": "EUR"} for sku, price in prices.items()]
