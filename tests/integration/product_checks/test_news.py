"""What a check tells: variants that come and go, and who hears of a price or a restock."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.product_checks.conftest import Store, check
from tests.support.pages import Page, PageServer

pytestmark = pytest.mark.usefixtures("aws", "settings")


class TestVariants:
    def page(self, shop: PageServer, *variants: tuple[str, str, str]) -> str:
        """Set a page whose variants are (SKU, price, stock) and return its address."""
        parts = [
            {
                "@type": "Product",
                "sku": sku,
                "name": f"Shirt {sku}",
                "size": sku,
                "offers": {
                    "@type": "Offer",
                    "price": price,
                    "priceCurrency": "EUR",
                    "availability": f"https://schema.org/{stock}",
                },
            }
            for sku, price, stock in variants
        ]
        data = {"@context": "https://schema.org", "@type": "ProductGroup", "name": "Shirt", "hasVariant": parts}
        shop.pages["/shirt"] = Page(f'<html><script type="application/ld+json">{json.dumps(data)}</script></html>')
        return shop.url + "/shirt"

    def rows(self, store: Store) -> list[list[Any]]:
        return list(
            store.run(
                "SELECT sku, price::text, availability, vanished_at IS NOT NULL FROM variants ORDER BY position, id"
            )
        )

    def test_they_are_matched_changed_marked_and_come_back(self, store: Store, shop: PageServer) -> None:
        store.track(self.page(shop, ("S", "10.00", "InStock"), ("M", "11.00", "OutOfStock")))
        check(store)
        assert self.rows(store) == [["S", "10.00", "in_stock", False], ["M", "11.00", "out_of_stock", False]]
        self.page(shop, ("M", "9.00", "InStock"), ("L", "12.00", "InStock"))
        check(store)
        assert sorted(self.rows(store)) == [
            ["L", "12.00", "in_stock", False],
            ["M", "9.00", "in_stock", False],
            ["S", "10.00", "in_stock", True],
        ]
        self.page(shop, ("S", "10.00", "InStock"), ("M", "9.00", "InStock"))
        check(store)
        assert ["S", "10.00", "in_stock", False] in self.rows(store)
        assert store.one("SELECT count(*) FROM variants") == 3
        assert store.column("SELECT price::text FROM price_history WHERE variant_id IS NOT NULL ORDER BY id") == [
            "10.00",
            "11.00",
            "9.00",
            "12.00",
        ]

    def test_whoever_tracks_a_variant_hears_of_that_variant(self, store: Store, shop: PageServer) -> None:
        product_id = store.track(self.page(shop, ("S", "10.00", "InStock"), ("M", "11.00", "OutOfStock")))
        check(store)
        store.run("DELETE FROM tracked_items")
        store.run(
            "INSERT INTO tracked_items (user_id, product_id, variant_id)"
            f" SELECT u.id, {product_id}, v.id FROM users AS u, variants AS v WHERE v.sku = 'M'"
        )
        self.page(shop, ("S", "8.00", "InStock"), ("M", "11.00", "InStock"))
        check(store)
        assert store.column("SELECT kind FROM notifications") == ["back_in_stock"]
        self.page(shop, ("S", "8.00", "InStock"), ("M", "7.00", "InStock"))
        check(store)
        assert store.column("SELECT kind FROM notifications ORDER BY id") == ["back_in_stock", "price_drop"]


class TestNotifications:
    def told(self, store: Store) -> list[tuple[str, str | None, str | None]]:
        rows = store.run("SELECT kind, payload->>'old_price', payload->>'price' FROM notifications ORDER BY id")
        return [(kind, old, new) for kind, old, new in rows]

    @pytest.mark.parametrize(
        ("prices", "threshold", "told"),
        [
            (["10", "9"], 0, [("10.00", "9.00")]),
            (["10", "9", "9"], 0, [("10.00", "9.00")]),
            (["10", "11"], 0, []),
            (["10", "9"], 20, []),
            (["10", "9", "8"], 20, [("10.00", "8.00")]),
            (["10", "8", "7"], 20, [("10.00", "8.00")]),
            (["10", "8", "10", "8"], 20, [("10.00", "8.00"), ("10.00", "8.00")]),
            (["10", "8", "9", "8"], 0, [("10.00", "8.00"), ("9.00", "8.00")]),
            (["10", "8", "9", "8"], 20, [("10.00", "8.00")]),
        ],
    )
    def test_price_drops(
        self, store: Store, shop: PageServer, prices: list[str], threshold: int, told: list[tuple[str, str]]
    ) -> None:
        store.track(shop.url + "/p", min_drop_percent=threshold)
        for price in prices:
            shop.product("/p", f"{price}.00")
            check(store)
        assert [(old, new) for _, old, new in self.told(store)] == told

    @pytest.mark.parametrize(
        ("stocks", "told"),
        [
            (["InStock", "InStock"], 0),
            ([None, "InStock"], 0),
            (["OutOfStock", "InStock"], 1),
            (["OutOfStock", None, "InStock"], 1),
            (["OutOfStock", "InStock", "InStock"], 1),
            (["OutOfStock", "InStock", "OutOfStock", "InStock"], 2),
            (["PreOrder", "InStock"], 0),
        ],
    )
    def test_back_in_stock(self, store: Store, shop: PageServer, stocks: list[str | None], told: int) -> None:
        store.track(shop.url + "/p")
        for stock in stocks:
            shop.product("/p", stock=stock)
            check(store)
        assert [kind for kind, _, _ in self.told(store)] == ["back_in_stock"] * told

    def test_another_currency_is_never_compared(self, store: Store, shop: PageServer) -> None:
        product_id = store.track(shop.product("/p", "10.00"))
        check(store)
        store.run("UPDATE products SET price = 900, currency = 'JPY', etag = NULL")
        store.run(f"UPDATE tracked_items SET reference_price = 900, reference_currency = 'JPY' WHERE {product_id} > 0")
        check(store)
        assert self.told(store) == []
        assert store.run("SELECT reference_price::text, reference_currency FROM tracked_items") == [["10.00", "EUR"]]

    def test_whoever_wants_no_news_gets_none(self, store: Store, shop: PageServer) -> None:
        store.track(shop.product("/p", "10.00", "OutOfStock"), notify_price_drop="false", notify_stock="false")
        check(store)
        shop.product("/p", "5.00", "InStock")
        check(store)
        assert self.told(store) == []

    def test_whoever_begins_later_is_told_of_drops_from_then_on(self, store: Store, shop: PageServer) -> None:
        product_id = store.track(shop.product("/p", "10.00"))
        check(store)
        store.run("INSERT INTO users (email) VALUES ('bob@example.com')")
        store.run(
            "INSERT INTO tracked_items (user_id, product_id)"
            f" SELECT id, {product_id} FROM users WHERE email = 'bob@example.com'"
        )
        assert store.column("SELECT reference_price::text FROM tracked_items ORDER BY id") == ["10.00", "10.00"]
