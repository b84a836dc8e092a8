"""Prices as people write them: the texts of CLDR, but where a bare symbol could mean two currencies."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightshift.delivery.money import _STYLES, price

TABLE = [
    ("en-US", "1234.5", "USD", "$1,234.50"),
    ("en-US", "1234.5", "EUR", "€1,234.50"),
    ("en-GB", "1234.5", "GBP", "£1,234.50"),
    ("en-GB", "1234.5", "USD", "US$1,234.50"),
    ("en-CA", "9.99", "CAD", "$9.99"),
    ("en-US", "9.99", "CAD", "CA$9.99"),
    ("en-IN", "1234567.89", "INR", "₹12,34,567.89"),
    ("en-ZA", "1234.5", "ZAR", "R1~234,50"),
    ("en-US", "9.99", "CHF", "CHF~9.99"),
    ("de-DE", "1234.5", "EUR", "1.234,50~€"),
    ("de-AT", "1234.5", "EUR", "€~1.234,50"),
    ("de-CH", "1234.5", "CHF", "CHF~1\u2019234.50"),
    ("fr-FR", "1234.5", "EUR", "1_234,50~€"),
    ("es-ES", "1234.5", "EUR", "1234,50~€"),
    ("es-ES", "12345.6", "EUR", "12.345,60~€"),
    ("it-IT", "1234.5", "EUR", "1.234,50~€"),
    ("nl-NL", "1234.5", "EUR", "€~1.234,50"),
    ("pt-BR", "1234.5", "BRL", "R$~1.234,50"),
    ("sv-SE", "1234.5", "SEK", "1~234,50~kr"),
    ("sv-SE", "1234.5", "NOK", "1~234,50~NOK"),
    ("da-DK", "1234.5", "DKK", "1.234,50~kr."),
    ("no-NO", "1234.5", "NOK", "1~234,50~kr"),
    ("pl-PL", "1234.5", "PLN", "1234,50~zł"),
    ("hu-HU", "1234.5", "HUF", "1~234,50~Ft"),
    ("ja-JP", "1234", "JPY", "¥1,234"),
    ("en-US", "1.2345", "KWD", "KWD~1.234"),
    ("de_DE", "5", "EUR", "5,00~€"),
    ("DE", "5", "EUR", "5,00~€"),
    ("zh-Hans-CN", "5", "CNY", "¥5.00"),
    ("xx", "1234.5", "EUR", "EUR~1,234.50"),
    ("", "1234.5", "EUR", "EUR~1,234.50"),
    ("en-US", "1234.5", None, "1,234.50"),
]


@pytest.mark.parametrize(("locale", "amount", "currency", "written"), TABLE)
def test_prices_are_written_as_their_readers_do(locale: str, amount: str, currency: str | None, written: str) -> None:
    expected = written.replace("~", "\u00a0").replace("_", "\u202f")

    assert price(Decimal(amount), currency, locale) == expected


@given(st.decimals("0.01", "99999999999.99", places=2), st.sampled_from(sorted(_STYLES)))
def test_the_digits_survive(amount: Decimal, locale: str) -> None:
    digits = "".join(letter for letter in price(amount, "XYZ", locale) if letter.isdigit())

    assert Decimal(digits) / 100 == amount
