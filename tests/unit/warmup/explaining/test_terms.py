"""Terms are cleaned of what cannot be seen, whatever strangers typed."""

# ruff: noqa: RUF001  # characters that look like others are what is tested

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warmup.explaining.terms import LONGEST_TERM, clean, clean_terms


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  iced \t\n tea ", "iced tea"),
        ("c++ & c#", "c++ & c#"),
        ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("safe\u202egnp.exe\u202c", "safegnp.exe"),
        ("zero\u200bwidth\ufeff\u2066", "zerowidth"),
        ("half \ud83d of a pair", "half of a pair"),
        ("ﬁne Ｆｕｌｌ ①", "fine Full 1"),
        ("＜script＞", "<script>"),
        ("東京 दिल्ली 🍵", "東京 दिल्ली 🍵"),
        ("\u3000wide\u00a0space\u2028", "wide space"),
        ("x" * 10_000, "x" * LONGEST_TERM),
        ("﷽" * 10_000, clean("﷽")),
    ],
    ids=range(12),
)
def test_cleaning(typed: str, cleaned: str) -> None:
    assert clean(typed)[: len(cleaned)] == cleaned
    assert len(clean(typed)) <= LONGEST_TERM


@given(st.text())
def test_nothing_unseen_is_left(typed: str) -> None:
    cleaned = clean(typed)

    assert not any(unicodedata.category(char).startswith("C") for char in cleaned)
    assert cleaned == " ".join(cleaned.split())
    assert len(cleaned) <= LONGEST_TERM


def test_a_term_of_which_nothing_is_left_is_called_by_its_place() -> None:
    assert clean_terms(("\u202e\x00", "tea")) == ("the first term", "tea")
    assert clean_terms(("tea", " ")) == ("tea", "the second term")
