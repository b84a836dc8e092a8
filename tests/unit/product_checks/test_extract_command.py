# ruff: noqa: RUF001 - pages hold these very characters
"""The command that says what a saved page offers."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from product_checks.extract import main

PAGES = Path(__file__).parents[2] / "pages"
KEYS = {"is_product", "reason", "title", "brand", "image", "price", "currency", "availability", "variants"}
VARIANT_KEYS = {"sku", "attributes", "price", "currency", "availability"}


def test_prints_one_json_object(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main([str(PAGES / "variants.html"), "--url", "https://teahouse.example/products/sencha"]) == 0
    printed = json.loads(capfdbinary.readouterr().out)
    assert set(printed) >= KEYS
    assert [set(variant) for variant in printed["variants"]] == [VARIANT_KEYS] * 2
    assert (printed["title"], printed["price"], printed["currency"]) == ("Sencha – Frühling", "8.50", "EUR")
    assert [v["price"] for v in printed["variants"]] == ["8.50", "15.90"]


def test_a_page_without_a_product_is_an_answer_too(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main([str(PAGES / "wall.html"), "--url", "https://teahouse.example/products/sencha"]) == 0
    printed = json.loads(capfdbinary.readouterr().out)
    assert (printed["is_product"], printed["price"], printed["availability"]) == (False, None, "unknown")
    assert "bot wall" in printed["reason"]


def test_reads_standard_input_in_the_charset_of_its_header(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    body = (
        (PAGES / "variants.html").read_text("utf-8").replace('<meta charset="utf-8">', "").encode("cp1252", "replace")
    )
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(body)))
    assert main(["-", "--url", "https://teahouse.example/x", "--content-type", "text/html; charset=iso-8859-1"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["title"] == "Sencha – Frühling"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nowhere.html", "--url", "https://shop.example/"], "FILE cannot be read"),
        ([".", "--url", "https://shop.example/"], "FILE cannot be read"),
        (["-", "--url", "shop.example"], "--url must be"),
        (["-", "--url", "http://["], "--url must be"),
        (["-"], "--url"),
    ],
)
def test_says_what_is_wrong_and_exits_with_2(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert complaint in capsys.readouterr().err
