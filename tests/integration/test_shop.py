"""The local shop over real HTTP, and its sample data in a real database."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pg8000.native import Connection

from local.sample_data import differences, expectations, load, summary
from local.sample_data.people import FOLLOWINGS, PEOPLE
from local.shop import catalogue
from local.shop.server import Shop, start
from local.shop.stores import NORDLICHT, SNAILMAIL, STORES

Get = Callable[..., HTTPResponse]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = start(folder=tmp_path)
    yield opened
    opened.stop()


@pytest.fixture
def ask() -> Iterator[Get]:
    connections = []

    def send(url: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> HTTPResponse:
        parts = urlsplit(url)
        connections.append(HTTPConnection(parts.hostname or "", parts.port, timeout=30))
        connections[-1].request(method, parts.path, headers=headers or {})
        return connections[-1].getresponse()

    yield send
    for connection in connections:
        connection.close()


class TestServer:
    def test_every_shop_has_a_front_page_that_names_the_day(self, shop: Shop, ask: Get) -> None:
        shop.advance()

        for store in STORES:
            page = ask(shop.urls[store.slug] + "/").read().decode(store.charset)
            assert "Day 1." in page
            assert store.name.replace("&", "&amp;") in page

    def test_the_main_shop_leads_to_all_others(self, shop: Shop, ask: Get) -> None:
        page = ask(shop.url + "/").read().decode()

        assert shop.url == shop.urls[STORES[0].slug]
        assert all(f'href="{url}/"' in page for url in shop.urls.values())

    def test_a_new_day_begins_over_http_and_outlives_the_server(self, shop: Shop, ask: Get, tmp_path: Path) -> None:
        answer = ask(f"{shop.url}/__shop__/next-day", method="POST")

        assert (answer.status, json.loads(answer.read())) == (303, {"day": 1})
        again = start(folder=tmp_path)
        again.stop()
        assert (shop.day, again.day) == (1, 1)

    def test_a_damaged_calendar_begins_anew(self, tmp_path: Path) -> None:
        (tmp_path / "shop.json").write_text('{"day": "soon"}')
        shop = start(folder=tmp_path)
        shop.stop()

        assert shop.day == 0

    def test_the_same_version_is_not_sent_twice(self, shop: Shop, ask: Get) -> None:
        shop.advance()
        candle = f"{shop.url}/small-things/beeswax-candle"
        version = ask(candle).headers["ETag"]
        shop.advance()
        answer = ask(candle, headers={"If-None-Match": version})

        assert (answer.status, answer.read()) == (304, b"")

    def test_german_pages_are_windows_1252_and_say_so_inside_only(self, shop: Shop, ask: Get) -> None:
        answer = ask(shop.urls[NORDLICHT.slug] + "/artikel/schreibtisch-foehr.html")
        body = answer.read()

        assert answer.headers["Content-Type"] == "text/html"
        assert "1.499,00 €".encode("cp1252") in body
        assert b'charset="windows-1252"' in body

    def test_a_page_of_another_shop_is_not_here(self, shop: Shop, ask: Get) -> None:
        assert ask(shop.url + "/honey/heather").status == 404

    def test_pictures_are_there(self, shop: Shop, ask: Get) -> None:
        answer = ask(f"{shop.url}/images/larch-desk-lamp.svg")

        assert answer.headers["Content-Type"].startswith("image/svg+xml")

    def test_a_client_that_dies_disturbs_nobody(self, shop: Shop, ask: Get, capfd: pytest.CaptureFixture[str]) -> None:
        shop.advance()
        books = urlsplit(shop.urls["hollow-oak"])
        with socket.create_connection((books.hostname, books.port)) as client:
            client.sendall(b"GET /books/atlas-of-everything HTTP/1.1\r\nHost: books\r\n\r\n")

        assert ask(shop.urls["hollow-oak"] + "/").status == 200
        shop.stop()
        assert capfd.readouterr() == ("", "")

    def test_closing_does_not_wait_for_who_waits_for_ever(self, shop: Shop) -> None:
        shop.advance()
        host = urlsplit(shop.urls[SNAILMAIL.slug])
        with socket.create_connection((host.hostname, host.port), timeout=30) as client:
            client.sendall(b"GET /paper/walnut-ink HTTP/1.1\r\nHost: ink\r\n\r\n")
            shop.stop()

            assert client.recv(1) == b""


class TestSampleData:
    def test_the_first_load_knows_yesterday(self, shop: Shop, postgres_url: str, postgres: Connection) -> None:
        shop.advance()
        load(postgres_url, shop)

        lamp = postgres.run(
            "SELECT price::text, currency, availability, tracked FROM products WHERE url = :url",
            url=f"{shop.url}/lamps/larch-desk-lamp",
        )
        assert lamp == [["89.00", "EUR", "in_stock", True]]
        assert count(postgres, "users") == len(PEOPLE)
        assert count(postgres, "tracked_items") == len(FOLLOWINGS)
        assert count(postgres, "products WHERE next_check_at < now()") == len(catalogue.PRODUCTS)
        assert count(postgres, "products WHERE price IS NULL AND last_checked_at IS NULL") == 5

    def test_a_second_load_adds_nothing(self, shop: Shop, postgres_url: str, postgres: Connection) -> None:
        shop.advance()
        load(postgres_url, shop)
        before = everything(postgres)
        load(postgres_url, shop)

        assert everything(postgres) == before

    def test_products_follow_their_shop_to_another_port(
        self, shop: Shop, postgres_url: str, postgres: Connection, tmp_path: Path
    ) -> None:
        load(postgres_url, shop)
        before = everything(postgres)
        moved = start(folder=tmp_path)
        load(postgres_url, moved)
        moved.stop()

        assert everything(postgres) == before
        addresses = {
            row[0] for row in postgres.run("SELECT DISTINCT substring(url FROM '^http://[^/]+') FROM products")
        }
        assert addresses == set(moved.urls.values())

    def test_days_without_a_run_are_made_up_for(self, shop: Shop, postgres_url: str, postgres: Connection) -> None:
        shop.advance()
        load(postgres_url, shop)
        for _ in range(3):
            shop.advance()
        load(postgres_url, shop)

        row = postgres.run("SELECT price::text FROM products WHERE url = :url", url=f"{shop.url}/lamps/larch-desk-lamp")
        sizes = postgres.run("SELECT sku FROM variants WHERE sku LIKE 'PK-%' AND vanished_at IS NULL ORDER BY sku")
        told = postgres.run(
            "SELECT DISTINCT reference_price::text FROM tracked_items AS t JOIN products AS p ON p.id = t.product_id"
            " WHERE p.url = :url",
            url=f"{shop.url}/lamps/larch-desk-lamp",
        )
        assert row == [["95.00"]]
        assert [sku for (sku,) in sizes] == ["PK-SHELL-L", "PK-SHELL-M", "PK-SHELL-S", "PK-SHELL-XL"]
        assert told == [["95.00"]]

    def test_what_was_not_checked_is_a_difference(self, shop: Shop, postgres_url: str) -> None:
        load(postgres_url, shop)

        assert summary(postgres_url) == []
        assert differences(postgres_url, 1) == [
            *(f"{job}: did not run" for job in expectations(1).jobs),
            *(f"{path}: was not checked" for path in expectations(1).products),
        ]


def count(postgres: Connection, what: str) -> int:
    return int(postgres.run(f"SELECT count(*) FROM {what}")[0][0])


def everything(postgres: Connection) -> list[object]:
    return [
        postgres.run(
            "SELECT id, substring(url FROM '[0-9](/.*)'), price, availability, tracked FROM products ORDER BY id"
        ),
        postgres.run("SELECT id, sku, price, availability, vanished_at FROM variants ORDER BY id"),
        postgres.run("SELECT id, user_id, product_id, variant_id, reference_price FROM tracked_items ORDER BY id"),
        postgres.run("SELECT id, price, at FROM price_history ORDER BY id"),
        postgres.run("SELECT id, availability, at FROM stock_history ORDER BY id"),
    ]
