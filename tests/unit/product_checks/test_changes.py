"""The rules of what a page changes, as tables."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_checks.changes import KnownVariant, Offer, SeenVariant, compare, learn, match_variants

TEN = Decimal("10.00")


def offer(price: str | None = None, currency: str | None = "EUR", availability: str = "unknown") -> Offer:
    return Offer(Decimal(price) if price else None, currency if price else None, availability)


@pytest.mark.parametrize(
    ("known", "seen", "price_changed"),
    [
        (offer(), offer("10"), True),
        (offer("10"), offer("10.00"), False),
        (offer("10"), offer("9.99"), True),
        (offer("10"), offer(), False),
        (offer("10"), offer("10", "USD"), True),
        (offer("10"), offer("8", None), False),
        (offer("10", None), offer("8", None), True),
        (offer("10", None), offer("10", "EUR"), True),
    ],
)
def test_a_price_changes_only_where_one_was_learned(known: Offer, seen: Offer, price_changed: bool) -> None:
    assert learn(known, seen).price_changed is price_changed


def test_a_price_without_its_currency_is_not_recorded_over_one_with() -> None:
    assert learn(offer("10"), offer("8", None)).price is None


@pytest.mark.parametrize(
    ("known", "seen", "changed", "is_back"),
    [
        ("unknown", "in_stock", True, False),
        ("unknown", "out_of_stock", True, False),
        ("in_stock", "unknown", False, False),
        ("out_of_stock", "unknown", False, False),
        ("out_of_stock", "in_stock", True, True),
        ("out_of_stock", "limited", True, True),
        ("discontinued", "in_stock", True, True),
        ("out_of_stock", "preorder", True, False),
        ("preorder", "in_stock", True, False),
        ("in_stock", "in_stock", False, False),
    ],
)
def test_back_in_stock_is_only_what_was_known_to_be_out(known: str, seen: str, changed: bool, is_back: bool) -> None:
    change = learn(offer(availability=known), offer(availability=seen))
    assert (change.stock_changed, change.is_back) == (changed, is_back)


def stored(number: int, sku: str | None = None, vanished: bool = False, **attributes: str) -> KnownVariant:
    return KnownVariant(number, number - 1, Offer(), sku, attributes, vanished)


def stated(sku: str | None = None, **attributes: str) -> SeenVariant:
    return SeenVariant(Offer(), sku, attributes)


@pytest.mark.parametrize(
    ("known", "seen", "matches"),
    [
        ([], [stated("A")], [None]),
        ([stored(1, "A"), stored(2, "B")], [stated("B"), stated("A")], [2, 1]),
        ([stored(1, "a-1")], [stated(" A-1 ")], [1]),
        ([stored(1, "A", size="M"), stored(2, "B", size="L")], [stated("X", size="l"), stated(size="m")], [2, 1]),
        ([stored(1), stored(2)], [stated(), stated()], [1, 2]),
        ([stored(1, "A")], [stated()], [1]),
        ([stored(1, size="M")], [stated("A")], [1]),
        ([stored(1, "A")], [stated("B")], [None]),
        ([stored(1, size="M")], [stated(size="L")], [None]),
        ([stored(1, "A"), stored(2, "A")], [stated("A"), stated("A")], [1, 2]),
        ([stored(1, "A", vanished=True)], [stated("A")], [1]),
        ([stored(1, vanished=True)], [stated()], [None]),
    ],
    ids=[
        "new", "by SKU in another order", "SKUs are compared loosely", "by attributes where SKUs were renumbered",
        "by position", "a SKU that is not stated any more", "a SKU that is stated now", "another SKU is another",
        "other attributes are another variant", "the same SKU twice: by position", "a vanished one comes back",
        "a vanished one has no position",
    ],
)  # fmt: skip
def test_variants_are_matched(known: list[KnownVariant], seen: list[SeenVariant], matches: list[int | None]) -> None:
    assert match_variants(known, seen) == matches


def test_a_variant_that_is_not_listed_any_more_vanishes() -> None:
    changes = compare(Offer(), [stored(1, "A"), stored(2, "B")], Offer(), [stated("B")])
    assert changes.vanished == [1]


def test_a_page_that_lists_no_variants_tells_nothing_of_them() -> None:
    assert compare(Offer(), [stored(1, "A")], Offer(), []).vanished == []


def test_a_variant_that_vanished_before_does_not_vanish_again() -> None:
    assert compare(Offer(), [stored(1, "A", vanished=True)], Offer(), [stated("B")]).vanished == []


_SKUS = st.none() | st.sampled_from("ABC")
_SIZES = st.dictionaries(st.just("size"), st.sampled_from("SML"), max_size=1)


@given(st.lists(st.tuples(_SKUS, _SIZES, st.booleans()), max_size=6), st.lists(st.tuples(_SKUS, _SIZES), max_size=6))
def test_no_stored_variant_is_matched_twice_or_invented(
    known: list[tuple[str | None, dict[str, str], bool]], seen: list[tuple[str | None, dict[str, str]]]
) -> None:
    variants = [KnownVariant(n, n, Offer(), sku, sizes, gone) for n, (sku, sizes, gone) in enumerate(known)]
    matches = match_variants(variants, [SeenVariant(Offer(), sku, sizes) for sku, sizes in seen])
    found = [match for match in matches if match is not None]
    assert len(found) == len(set(found))
    assert set(found) <= set(range(len(known)))
