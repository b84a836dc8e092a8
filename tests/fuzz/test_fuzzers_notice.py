"""The fuzzers would notice what they look for."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import strategies as st

from product_checks.extraction import Variant, extract
from tests.fuzz import mails, pages, run
from tests.fuzz.target import Target

PAGE = (
    '<script type="application/ld+json">{"@type":"Product","name":"Lamp 3","sku":"4711",'
    '"offers":{"price":"1.299,50","priceCurrency":"EUR"}}</script><p>Only 7 left, 20 % less</p>'
)


@pytest.mark.parametrize("made_up", ["1299.49", "77", "1.2995", "0.06", "47113"])
def test_a_price_from_nothing_is_noticed(made_up: str) -> None:
    found = extract(PAGE, pages.URL)
    pages.check(PAGE, found)
    assert found.price == Decimal("1299.50")

    if made_up != "1.2995":  # the same digits: whether the mark is read right is what other tests hold
        with pytest.raises(AssertionError, match="nowhere in the page"):
            pages.check(PAGE, replace(found, price=Decimal(made_up)))
        with pytest.raises(AssertionError, match="nowhere in the page"):
            pages.check(PAGE, replace(found, variants=(Variant(price=Decimal(made_up)),)))


@pytest.mark.parametrize("price", ["0", "-5", "NaN"])
def test_a_price_that_is_none_is_noticed(price: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        pages.check(PAGE, replace(extract(PAGE, pages.URL), price=Decimal(price)))


@pytest.mark.parametrize(
    "markup",
    ["<p>fine</p><script>x</script>", '<a href="javascript:x">a</a>', "<p onclick=x>a</p>", "<?php x ?>", "<iframe>"],
)
def test_foreign_markup_in_a_mail_is_noticed(markup: str) -> None:
    with pytest.raises(AssertionError):
        mails._check_markup(markup, [])


def test_a_fuzzer_ends_with_the_input_that_breaks_its_reader() -> None:
    def breaks(value: int) -> None:
        assert value < 1000

    tally = run.run(Target("breaks", st.integers(), breaks), 30)

    assert len(tally.failures) == 1
    assert "1000" in tally.failures[0]
    assert "BROKEN" in run.told(Target("breaks", st.integers(), breaks), tally)


def test_a_fuzzer_that_finds_nothing_says_how_much_it_tried() -> None:
    tally = run.run(Target("holds", st.integers(), lambda _: None), 0.05)

    assert tally.inputs > 0
    assert not tally.failures


def test_what_takes_too_long_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "LONGEST_S", -1.0)

    assert run.run(Target("slow", st.integers(), lambda _: None), 5).failures


BOMBS = {
    "one long list": '<script type="application/ld+json">' + "[" * 50_000,
    "many products": '<script type="application/ld+json">{"@type":"Product","name":"x"}</script>' * 1000,
    "many variants": '<script type="application/ld+json">{"@type":"ProductGroup","name":"x","hasVariant":['
    + ",".join(['{"@type":"Product","name":"y","offers":{"price":"1"}}'] * 1000)
    + "]}</script>",
    "many spans": '<div itemscope itemtype="https://schema.org/Product">' + '<i itemprop="name">x</i>' * 3000,
    "a long text": "<p>" + "price 19,99 " * 20_000,
}


@pytest.mark.parametrize("kind", BOMBS)
def test_reading_a_page_costs_a_small_multiple_of_it(kind: str) -> None:
    page = BOMBS[kind]
    extract(PAGE, pages.URL)

    tracemalloc.start()
    try:
        pages.check(page, extract(page, pages.URL))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The numbers that the check itself looks for are among it.
    assert peak < 3_000_000 + 60 * len(page), f"{peak:,} bytes for {len(page):,} characters"
