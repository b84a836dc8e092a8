# ruff: noqa: RUF001 - pages hold these very characters
"""The charset of a page: mark, header, the page's own word, a safe guess, and never an exception."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_checks.charset import decode

GERMAN = "<p>Wärmepumpe für 5 €</p>"


def meta(charset: str) -> str:
    return f'<html><head><meta charset="{charset}"></head>{GERMAN}'


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (GERMAN.encode(), None),
        (GERMAN.encode(), "text/html"),
        (GERMAN.encode(), 'text/html; charset="UTF-8"'),
        (GERMAN.encode("cp1252"), "text/html;charset=ISO-8859-1"),
        (GERMAN.encode("cp1252"), "text/html; charset=windows-1252"),
        (GERMAN.encode("cp1252"), None),
        (GERMAN.encode("iso-8859-15"), "text/html; charset=iso-8859-15"),
        (codecs.BOM_UTF8 + GERMAN.encode(), "text/html; charset=iso-8859-1"),
        (codecs.BOM_UTF16_LE + GERMAN.encode("utf-16-le"), "text/html; charset=utf-8"),
        (GERMAN.encode(), "text/html; charset=ISO-8859-1"),
        (GERMAN.encode("utf-16-le"), None),
        (GERMAN.encode("utf-16-be"), "text/html"),
        (codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"), None),
        (GERMAN.encode(), "text/html; charset=utf8"),
        (GERMAN.encode(), "text/html; charset=nonsense"),
        (GERMAN.encode(), "text/html; charset=base64"),
    ],
)
def test_decodes(body: bytes, header: str | None) -> None:
    assert decode(body, header) == GERMAN


@pytest.mark.parametrize("charset", ["windows-1252", "latin1", "ISO-8859-1"])
def test_the_page_names_its_charset(charset: str) -> None:
    assert decode(meta(charset).encode("cp1252"), "text/html").endswith(GERMAN)
    old = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">{GERMAN}'
    assert decode(old.encode("cp1252"), None).endswith(GERMAN)


def test_a_charset_in_a_comment_is_not_the_pages() -> None:
    text = f'<!-- <meta charset="utf-8"> -->{meta("windows-1252")}'
    assert decode(text.encode("cp1252"), None) == text


def test_the_header_wins_over_the_page() -> None:
    assert decode(meta("windows-1252").encode(), "text/html; charset=utf-8").endswith(GERMAN)


@pytest.mark.parametrize(
    ("charset", "text"),
    [("shift_jis", "在庫あり"), ("gb2312", "有货"), ("euc-kr", "재고"), ("windows-1251", "руб"), ("big5", "庫存")],
)
def test_knows_the_charsets_of_the_world(charset: str, text: str) -> None:
    assert decode(text.encode(charset), f"text/html; charset={charset}") == text


def test_a_page_that_calls_itself_utf_16_in_ascii_is_utf_8() -> None:
    assert decode(meta("utf-16").encode(), None).endswith(GERMAN)


def test_a_body_cut_inside_a_character_stays_utf_8() -> None:
    assert decode("Preis 5 €".encode()[:-1], None) == "Preis 5 \ufffd"


def test_one_broken_byte_does_not_turn_the_page_into_another_charset() -> None:
    assert decode(GERMAN.encode() * 20 + b"\xff" + GERMAN.encode(), None).count("ä") == 21


@given(body=st.binary(max_size=200), header=st.none() | st.text(max_size=40))
def test_never_raises(body: bytes, header: str | None) -> None:
    assert isinstance(decode(body, header), str)
    assert isinstance(decode(b'<meta charset="utf-7">' + body, header), str)
