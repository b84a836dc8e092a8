"""Twenty thousand wishes, a few hundred due: found through an index, and never carried through this process."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from nightshift.job import Run
from nightshift.sql import queries, render
from tests.integration.wishlist.shop import Shop
from tests.support.databases import DatabaseServer
from tests.support.runs import running
from wishlist.check_sales import CHECK_SALES
from wishlist.checking import Search, find, restocks, sales

WISHES, PRODUCTS, DUE = 20_000, 1_000, 400
# The triggers do row by row what this does at once: nothing of it is news.
_FILL = f"""
    INSERT INTO users (email) SELECT 'p' || n || '@example.com' FROM generate_series(1, {WISHES // 20}) AS n;
    INSERT INTO products (url, regular_price, regular_currency)
        SELECT 'https://shop.example/' || n, 100, 'USD' FROM generate_series(1, {PRODUCTS}) AS n;
    INSERT INTO inventory (product_id, quantity) SELECT id, 0 FROM products;
    SET session_replication_role = replica;
    INSERT INTO wishlists (user_id, product_id, price, currency, told_out)
        SELECT u.id, p.id, 100, 'USD', i.all_out_mark
        FROM products AS p JOIN inventory AS i ON i.product_id = p.id
        JOIN users AS u ON u.id % {PRODUCTS // 20} = p.id % {PRODUCTS // 20};
    SET session_replication_role = DEFAULT;
    UPDATE inventory SET quantity = 1;
    UPDATE inventory SET quantity = 0 WHERE product_id % 50 = 0;
    UPDATE inventory SET quantity = 2 WHERE product_id % 50 = 0;
    UPDATE products SET sale_price = 80 WHERE id % 50 = 0;
    ANALYZE
"""


@pytest.fixture(scope="module")
def full_shop(database_server: DatabaseServer) -> Iterator[str]:
    with database_server.database() as url:
        connection = database_server.connect(url.rpartition("/")[2])
        shop = Shop(connection)
        for statement in _FILL.split(";"):
            shop.run(statement)
        assert shop.one("SELECT count(*) FROM wishlists") == WISHES
        yield url
        connection.close()


@pytest.fixture
def run(full_shop: str) -> Iterator[Run]:
    with running(CHECK_SALES, full_shop) as run:
        yield run


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


def _plan(run: Run, search: Search, page_size: int) -> list[dict[str, Any]]:
    place = {"page_size": page_size, "product_id": 0, "variant_id": 0}
    body = render(queries("wishlist")[search.claim], {**place, **search.values})
    rows = run.database.read(f"EXPLAIN (FORMAT JSON) {body}")
    return list(_nodes(rows[0]["QUERY PLAN"][0]["Plan"]))


@pytest.mark.parametrize("search", [sales(0), restocks()], ids=lambda search: search.kind)
def test_what_is_due_is_found_through_the_index(search: Search, run: Run) -> None:
    on_wishes = [node for node in _plan(run, search, 100) if node.get("Relation Name") == "wishlists"]
    index = {"sale": "wishlists_sale", "restock": "wishlists_stock"}[search.kind]

    assert all(node["Node Type"] != "Seq Scan" for node in on_wishes)
    searched = [node for node in on_wishes if node.get("Index Name") == index]
    assert searched
    for node in searched:
        assert "product_id" in node["Index Cond"]
        assert ("told_step <" in node["Index Cond"]) or ("told_out <" in node["Index Cond"])


@pytest.mark.parametrize("search", [sales(0), restocks()], ids=lambda search: search.kind)
def test_everybody_is_told_in_a_few_messages_and_little_memory(
    search: Search, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wishlist.checking.PAGE_SIZE", 100)
    run.database.read("SELECT 1")  # connects
    before = run.database.round_trips
    tracemalloc.start()
    found = find(run, search)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found.notified == DUE
    assert run.database.round_trips - before == DUE // 100 + 1
    assert peak < 500_000
    assert find(run, search).notified == 0
