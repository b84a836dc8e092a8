"""What the rows of product checks, extraction and forecasts work on."""

from __future__ import annotations

import csv
import json
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.forecasting.speed import made as made_series
from benchmarks.forecasting.speed import sample
from benchmarks.pages.pages import made, saved, sized, write
from benchmarks.products import checks, shops
from product_checks.extraction import extract

_GET = "GET {} HTTP/1.1\r\nHost: 127.0.0.1:8123\r\n\r\n"


def _asked(path: str) -> bytes:
    return shops.answer(shops.pages(), _GET.format(path).encode())


def test_every_page_of_a_host_is_a_product_with_a_price() -> None:
    pages = shops.pages()
    assert len(pages) >= checks.PAGES_A_HOST
    for path in islice(pages, checks.PAGES_A_HOST):
        head, _, body = _asked(path).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert f"Content-Length: {len(body)}".encode() in head
        assert b"host.invalid" not in body
        assert extract(body.decode(), f"http://127.0.0.1:8123{path}").price is not None


def test_a_host_has_a_robots_file_and_says_what_it_has_not() -> None:
    assert b"User-agent" in _asked("/robots.txt")
    assert _asked("/nowhere").startswith(b"HTTP/1.1 404 ")


def test_the_best_possible_asks_for_robots_first_and_then_for_one_page_after_the_other() -> None:
    assert checks.best_possible_s(10) == pytest.approx(1.1)


@pytest.mark.parametrize("kilobytes", [10, 100, 1_000])
def test_made_pages_have_their_size_and_stay_products(kilobytes: int) -> None:
    ((address, page),) = sized(kilobytes).items()
    assert len(page) == pytest.approx(kilobytes * 1024, rel=0.05)
    assert extract(page, address).price == extract(next(iter(made().values())), address).price


def test_pages_are_left_as_their_readers_find_them(tmp_path: Path) -> None:
    write({"http://a.example/1": "grün", "http://a.example/2": "blau"}, tmp_path)
    addresses = json.loads((tmp_path / "addresses.json").read_text("utf-8"))
    assert {address: (tmp_path / name).read_text("utf-8") for name, address in addresses.items()} == {
        "http://a.example/1": "grün",
        "http://a.example/2": "blau",
    }


def test_saved_pages_are_read_in_their_own_charset_and_none_where_there_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "p.html").write_bytes('<meta charset="windows-1252"><h1>grün</h1>'.encode("cp1252"))
    (tmp_path / "truth.json").write_text(json.dumps({"items": [{"url": "http://a.example/p", "file": "p.html"}]}))
    assert "grün" in saved(tmp_path)["http://a.example/p"]
    assert saved(tmp_path / "elsewhere") == {}


def test_a_sample_has_series_of_every_group(tmp_path: Path) -> None:
    rows = [{"id": f"{group}{number}", "group": group} for group in "ab" for number in range(5)]
    with (tmp_path / "series.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ("id", "group"))
        writer.writeheader()
        writer.writerows(rows)
    assert [row["id"] for row in sample(tmp_path, every=3)] == ["a0", "a3", "b0", "b3"]
    assert sample(tmp_path / "elsewhere") == []


def test_made_series_are_always_the_same() -> None:
    assert made_series(3, 104) == made_series(3, 104)
    assert [len(row["train"].split()) for row in made_series(2, 104)] == [104, 104]
