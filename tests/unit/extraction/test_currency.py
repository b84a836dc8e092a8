"""Currencies: never assumed, and a shared sign only settled by the page's country."""

from __future__ import annotations

import pytest

from product_checks.extraction.currency import currency_in, decimals, read_currency
from product_checks.extraction.hints import Hints


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        *(
            ("EUR", "EUR"),
            ("eur", "EUR"),
            (" usd ", "USD"),
            ("€", "EUR"),
            ("Euro", "EUR"),
            ("RMB", "CNY"),
            ("zł", "PLN"),
        ),
        *(("https://schema.org/USD", "USD"), (["EUR", "EUR"], "EUR"), ({"@value": "GBP"}, "GBP"), ("US$", "USD")),
        *(
            ("", None),
            (None, None),
            ("XXX", None),
            ("$", None),
            (["EUR", "USD"], None),
            ({}, None),
            (12, None),
            ("kr", None),
        ),
    ],
)
def test_reads_a_stated_currency(stated: object, code: str | None) -> None:
    assert read_currency(stated, Hints()) == code


@pytest.mark.parametrize(
    ("text", "host", "language", "code"),
    [
        ("$", "shop.example", "en", None),
        ("$", "shop.example", "en-US", "USD"),
        ("$", "shop.example.ca", "en-US", "CAD"),
        ("$", "shop.com.au", "en", "AUD"),
        ("$", "shop.co.nz", "", "NZD"),
        ("$", "shop.example", "es-MX", "MXN"),
        ("$", "shop.co", "en", None),
        ("CA$", "shop.example", "en", "CAD"),
        ("US$", "shop.com.au", "en", "USD"),
        ("A$", "shop.example", "", "AUD"),
        ("kr", "shop.se", "", "SEK"),
        ("kr", "shop.example", "nb", "NOK"),
        ("kr.", "shop.dk", "da", "DKK"),
        ("kr", "shop.example", "en", None),
        ("¥", "shop.example", "ja", "JPY"),
        ("￥", "shop.cn", "zh", "CNY"),
        ("¥", "shop.example", "en", None),
        ("£", "shop.co.uk", "en", "GBP"),
        ("Rs.", "shop.pk", "en", "PKR"),
        ("₹", "shop.example", "en", "INR"),
        ("R", "shop.co.za", "en", "ZAR"),
        ("Fr.", "shop.ch", "de", "CHF"),
        ("€ $", "shop.example", "en-US", None),
        ("Kč", "shop.cz", "cs", "CZK"),
        ("incl. VAT", "shop.example", "en", None),
    ],
)
def test_a_sign_needs_a_country_where_countries_share_it(text: str, host: str, language: str, code: str | None) -> None:
    assert currency_in(text, Hints.of(host, language)) == code


def test_knows_the_decimals_of_currencies() -> None:
    assert [decimals(code) for code in ("JPY", "EUR", "KWD", None)] == [0, 2, 3, 2]
