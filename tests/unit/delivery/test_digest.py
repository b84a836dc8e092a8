"""The rules of a digest, as properties: nothing lost, nothing twice, at most fifty, never empty."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightshift.delivery import digest as rules
from nightshift.delivery.digest import MAX_ITEMS, Notice, clean, compose, link

AMOUNTS = st.none() | st.decimals("0.01", "9999", places=2).map(str)
CURRENCIES = st.sampled_from(["EUR", "USD"])
NOTICES = st.lists(
    st.builds(
        Notice,
        id=st.integers(1, 10_000),
        kind=st.sampled_from(["price_drop", "sale", "back_in_stock", "restock"]),
        product_id=st.none() | st.integers(1, 80),
        variant_id=st.none() | st.integers(1, 2),
        name=st.none() | st.text(max_size=30),
        payload=st.fixed_dictionaries({"price": AMOUNTS, "old_price": AMOUNTS, "currency": CURRENCIES}),
    ),
    max_size=120,
    unique_by=lambda notice: notice.id,
)  # fmt: skip


def drop(id_: int, price: str, old: str, currency: str = "EUR", **more: str) -> Notice:
    payload = {"price": price, "old_price": old, "currency": currency, **more}
    return Notice(id_, "price_drop", product_id=1, name="Lamp", payload=payload)


@given(NOTICES)
def test_everything_is_shown_or_counted(notices: list[Notice]) -> None:
    digest = compose(notices)

    if not notices:
        assert digest is None
        return
    assert digest is not None
    assert 1 <= len(digest.items) <= MAX_ITEMS
    assert len(digest.items) + digest.more == len({notice.thing for notice in notices})
    assert len(digest.prices) + len(digest.stocks) == len(digest.items)


@given(NOTICES, st.randoms(use_true_random=False))
def test_the_order_in_which_they_come_does_not_matter(notices: list[Notice], random: object) -> None:
    shuffled = list(notices)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert compose(shuffled) == compose(notices)


@given(NOTICES)
def test_no_item_claims_a_drop_that_is_none(notices: list[Notice]) -> None:
    digest = compose(notices)
    for item in digest.items if digest else ():
        assert item.name
        assert item.was is None or (item.price is not None and item.price < item.was)
        assert 0 <= item.percent < 100


@given(NOTICES)
def test_the_newest_come_first(notices: list[Notice]) -> None:
    digest = compose(notices)
    if digest is None or digest.more:
        return
    newest = {notice.thing: notice.id for notice in sorted(notices, key=lambda notice: notice.id)}
    names = [clean(next(n for n in notices if n.id == id_).name or "") for id_ in sorted(newest.values(), reverse=True)]
    assert [item.name for item in digest.items] == [name or "An item you follow" for name in names]


@given(NOTICES.filter(bool))
def test_a_shortened_digest_counts_what_it_leaves_out(notices: list[Notice]) -> None:
    digest = compose(notices)
    assert digest is not None
    short = digest.shortened()

    assert len(short.items) == len(digest.items) // 2
    assert len(short.items) + short.more == len(digest.items) + digest.more


def test_two_drops_of_one_thing_are_one_from_the_first_price_to_the_last() -> None:
    digest = compose([drop(1, "80", "100"), drop(2, "70", "80")])

    assert digest is not None
    assert [(item.price, item.was, item.percent) for item in digest.items] == [(Decimal(70), Decimal(100), 30)]


def test_a_price_in_another_currency_is_never_the_one_before() -> None:
    digest = compose([drop(1, "80", "900", "SEK"), drop(2, "70", "75")])

    assert digest is not None
    assert (digest.items[0].was, digest.items[0].currency) == (Decimal(75), "EUR")


def test_the_regular_price_is_the_one_before_where_it_is_known() -> None:
    digest = compose([drop(1, "70", "75", regular_price="100")])

    assert digest is not None
    assert digest.items[0].was == Decimal(100)


@pytest.mark.parametrize("bad", ["", "NaN", "Infinity", "-5", "0", "free", None])
def test_a_price_that_is_none_is_not_shown(bad: str) -> None:
    digest = compose([drop(1, bad, bad)])

    assert digest is not None
    assert (digest.items[0].price, digest.items[0].was) == (None, None)


def test_an_end_without_a_zone_is_not_shown() -> None:
    known = compose([drop(1, "7", "8", ends_at="2026-11-30T23:59:00+00:00")])
    unknown = compose([drop(1, "7", "8", ends_at="2026-11-30T23:59:00")])

    assert known is not None
    assert unknown is not None
    assert known.items[0].ends_at is not None
    assert unknown.items[0].ends_at is None


def test_a_price_and_a_stock_of_one_thing_are_two_items() -> None:
    notice = drop(1, "7", "8")
    digest = compose([notice, replace(notice, id=2, kind="restock")])

    assert digest is not None
    assert (len(digest.prices), len(digest.stocks)) == (1, 1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  Desk\r\nLamp\t ", "Desk Lamp"),
        ("Lamp\u202egnp.exe", "Lampgnp.exe"),
        ("nul\x00\x1b[31m", "nul[31m"),
        ("\ufeffLamp", "Lamp"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("x" * 200, "x" * 119 + "…"),
    ],
)
def test_text_of_pages_is_one_visible_line(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://shop.example/p?a=1&b=2", True),
        ("http://shop.example/p", True),
        ("javascript:alert(1)", False),
        ("data:image/png;base64,AAAA", False),
        ("//shop.example/p", False),
        ("https://", False),
        ("https://[broken", False),
        ("https://shop.example/a b", False),
        ("https://shop.example/\nx", False),
        ("https://shop.example/" + "x" * 600, False),
        (None, False),
    ],
)
def test_only_web_addresses_of_bearable_length_are_linked(url: str | None, linked: bool) -> None:
    assert link(url) == (url if linked else None)


def test_every_kind_has_a_section() -> None:
    assert set(rules._SECTIONS) == {"price_drop", "sale", "back_in_stock", "restock"}
