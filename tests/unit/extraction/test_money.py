# ruff: noqa: RUF001 - shops write these very characters
"""Prices as the shops of the world write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from product_checks.extraction.currency import decimals, format_price
from product_checks.extraction.hints import Hints
from product_checks.extraction.money import Amount, read_amount

READINGS = [
    ("1.299,00", "EUR", "de", "1299.00"),
    ("1 299,00 €", None, "fr", "1299.00"),
    ("1\u202f299,00\u00a0€", None, "fr", "1299.00"),
    ("₹1,29,999", "INR", "en", "129999"),
    ("Rs. 1,29,999.50", None, "en-IN", "129999.50"),
    ("Rs.500", "INR", "en", "500"),
    ("1 299:-", "SEK", "sv", "1299"),
    ("1.299,-", "EUR", "de", "1299"),
    ("€ 1408,--", "EUR", "de-AT", "1408"),
    ("Fr. 1'299.–", "CHF", "de-CH", "1299"),
    ("CHF 1’299.50", None, "de-CH", "1299.50"),
    ("1 299,00 zł", None, "pl", "1299.00"),
    ("12 990 Ft", None, "hu", "12990"),
    ("1.299", "EUR", "de", "1299"),
    ("1.299", "EUR", "en", "1299"),
    ("1,299", "EUR", "de", "1299"),
    ("12.500", "KWD", "en", "12.500"),
    ("12,500", "KWD", "en", "12500"),
    ("12,500", "TND", "fr", "12.500"),
    ("12.800", "JPY", "ja", "12800"),
    ("￥12,800", None, "ja", "12800"),
    ("１２，８００円", None, "ja", "12800"),
    ("١٬٢٩٩٫٥٠", "SAR", "ar", "1299.50"),
    ("۱۲۵۰۰ تومان", None, "fa", "12500"),
    ("Rp 150.000", "IDR", "id", "150000"),
    ("R$ 1.299,90", None, "pt-BR", "1299.90"),
    ("1.000.000 ₫", None, "vi", "1000000"),
    ("R 1 299.00", None, "en-ZA", "1299.00"),
    ("12'99 €", "EUR", "es", "12.99"),
    ("$.99", "USD", "en", "0.99"),
    ("12.9", "USD", "en", "12.9"),
    ("0.999", "EUR", "de", "0.999"),
    ("1299.0000", "EUR", "de", "1299"),
    ("&euro; 12,99", None, "de", "12.99"),
    ("<b>12,99</b> €", None, "de", "12.99"),
    ("1.299,00 EUR inkl. 19 % MwSt.", None, "de", "1299.00"),
    ("from 12.99", "USD", "en", "12.99"),
    ("19.990000000000002", "EUR", "en", "19.99"),
    ("12,99 p/st", "EUR", "nl", "12.99"),
    ("1.299.000đ", None, "vi", "1299000"),
    ("à partir de 12,99 €", None, "fr", "12.99"),
]

NO_PRICES = [
    *(
        "Price on request",
        "Free",
        "",
        "N/A",
        "call us",
        "99 ¢",
        "99c",
        "99p",
        "0",
        "0.00",
        "0,00 €",
        "-5.00",
        "−12,99 €",
        "USD -12.99",
        "€ -3",
    ),
    *("19.99 9.99", "2 for 5.00", "12,99 € / 100 g", "12|99", "12 99", "1.2.3", "1,2,3", "20 %", "1e3"),
    *("99999999999999999", "9" * 5000, "12.500"),  # the last one has two honest readings where people write points
]

DEFAULT = Hints.of("shop.example", "en")


@pytest.mark.parametrize(("written", "currency", "language", "price"), READINGS)
def test_reads(written: str, currency: str | None, language: str, price: str) -> None:
    found = read_amount(written, currency, Hints.of("shop.example", language))
    assert found is not None
    assert (found.low, found.high) == (Decimal(price), None)


@pytest.mark.parametrize("written", NO_PRICES)
def test_gives_no_price_where_there_is_none_or_more_than_one(written: str) -> None:
    assert read_amount(written, "USD", DEFAULT) is None


@pytest.mark.parametrize("written", ["12.99 - 15.99", "$12.99 – $15.99", "12.99 to 15.99", "12.99 USD – 15.99 USD"])
def test_reads_ranges(written: str) -> None:
    found = read_amount(written, "USD", DEFAULT)
    assert found is not None
    assert (found.low, found.high) == (Decimal("12.99"), Decimal("15.99"))


@pytest.mark.parametrize(
    ("number", "price"),
    [(22.2, "22.20"), (Decimal("22.199999999999999289457264"), "22.20"), (1299, "1299"), (Decimal("0.0425"), "0.0425")],
)
def test_reads_numbers_without_the_noise_of_floats(number: object, price: str) -> None:
    assert read_amount(number, "EUR", DEFAULT) == Amount(Decimal(price))


@pytest.mark.parametrize(
    "value", [0, -1, True, None, {}, [], float("nan"), float("inf"), Decimal("NaN"), Decimal("1e30"), 10**4000]
)
def test_refuses_what_is_no_price(value: object) -> None:
    assert read_amount(value, "EUR", DEFAULT) is None


@pytest.mark.parametrize(
    ("price", "currency", "text"),
    [
        ("22.2", "EUR", "22.20"),
        ("12800", "JPY", "12800"),
        ("12800.00", "JPY", "12800"),
        ("12.5", "KWD", "12.500"),
        ("0.0425", "USD", "0.0425"),
        ("1E+3", "EUR", "1000.00"),
        ("10", None, "10.00"),
    ],
)
def test_writes_a_price_with_the_decimals_of_its_currency(price: str, currency: str | None, text: str) -> None:
    assert format_price(Decimal(price), currency) == text


LOCALES = {  # decimal mark, mark between thousands, currency before or behind
    "en": (".", ",", "${}"),
    "de": (",", ".", "{} €"),
    "fr": (",", "\u202f", "{}\u00a0€"),
    "de-CH": (".", "’", "CHF {}"),
    "sv": (",", "\u00a0", "{} kr"),
    "pt-BR": (",", ".", "R$ {}"),
}


@given(cents=st.integers(min_value=1, max_value=10**9), locale=st.sampled_from(sorted(LOCALES)))
@settings(max_examples=300, deadline=None)
def test_a_price_survives_being_written_in_any_locale(cents: int, locale: str) -> None:
    mark, between, frame = LOCALES[locale]
    price = Decimal(cents) / 100
    written = f"{price:,.2f}".replace(",", "\0").replace(".", mark).replace("\0", between)
    assert read_amount(frame.format(written), None, Hints.of("shop.example", locale)) is not None
    found = read_amount(frame.format(written), None, Hints.of("shop.example", locale))
    assert found is not None
    assert found.low == price


@given(value=st.integers(min_value=1, max_value=10**7), currency=st.sampled_from(["USD", "JPY", "KWD"]))
@settings(max_examples=100, deadline=None)
def test_a_machine_value_is_taken_as_it_stands(value: int, currency: str) -> None:
    price = Decimal(value).scaleb(-decimals(currency))
    found = read_amount(str(price), currency, DEFAULT)
    assert found is not None
    assert found.low == price


@given(text=st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    found = read_amount(text, None, DEFAULT)
    assert found is None or found.low > 0
