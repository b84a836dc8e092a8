"""Prices as their reader writes them: separators, symbol and its place, by locale (after CLDR; docs/adr/0091)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_NBSP: Final = "\u00a0"
_THIN: Final = "\u202f"
_MINUS: Final = "-"


@dataclass(frozen=True)
class _Style:
    """How a language writes an amount of money; `¤` stands for the symbol, `#` for the number."""

    decimal: str
    group: str
    pattern: str
    # Numbers below this many digits before the decimal sign are not grouped.
    grouped_from: int = 4
    # In India only the last three digits form a group of three.
    pairs: bool = False


_BEFORE: Final = "¤#"
_BEFORE_APART: Final = f"¤{_NBSP}#"
_AFTER: Final = f"#{_NBSP}¤"
_STYLES: Final = {
    "en": _Style(".", ",", _BEFORE),
    "en-IN": _Style(".", ",", _BEFORE, pairs=True),
    "en-ZA": _Style(",", _NBSP, _BEFORE),
    "de": _Style(",", ".", _AFTER),
    "de-AT": _Style(",", ".", _BEFORE_APART),
    "de-CH": _Style(".", "\u2019", _BEFORE_APART),
    "fr": _Style(",", _THIN, _AFTER),
    "fr-CA": _Style(",", _NBSP, _AFTER),
    "it": _Style(",", ".", _AFTER),
    "it-CH": _Style(".", "\u2019", _BEFORE_APART),
    "es": _Style(",", ".", _AFTER, grouped_from=5),
    "es-MX": _Style(".", ",", _BEFORE),
    "es-US": _Style(".", ",", _BEFORE),
    "pt": _Style(",", ".", _BEFORE_APART),
    "pt-PT": _Style(",", _NBSP, _AFTER, grouped_from=5),
    "nl": _Style(",", ".", _BEFORE_APART),
    "da": _Style(",", ".", _AFTER),
    "sv": _Style(",", _NBSP, _AFTER),
    "nb": _Style(",", _NBSP, _AFTER),
    "fi": _Style(",", _NBSP, _AFTER),
    "pl": _Style(",", _NBSP, _AFTER, grouped_from=5),
    "cs": _Style(",", _NBSP, _AFTER),
    "sk": _Style(",", _NBSP, _AFTER),
    "hu": _Style(",", _NBSP, _AFTER),
    "ro": _Style(",", ".", _AFTER),
    "el": _Style(",", ".", _AFTER),
    "tr": _Style(",", ".", _BEFORE),
    "uk": _Style(",", _NBSP, _AFTER),
    "ja": _Style(".", ",", _BEFORE),
    "ko": _Style(".", ",", _BEFORE),
    "zh": _Style(".", ",", _BEFORE),
}
_ALIASES: Final = {"no": "nb", "nn": "nb"}
# For everybody else: the code, which nobody misreads, and a full stop.
_NEUTRAL: Final = _Style(".", ",", _BEFORE_APART)

# Understood everywhere.
_SYMBOLS: Final = {
    "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "PLN": "zł", "CZK": "Kč", "TRY": "₺", "UAH": "₴",
    "BRL": "R$", "ILS": "₪", "VND": "₫", "HUF": "Ft",
}  # fmt: skip
# Shared by several currencies: alone in their own countries, with a letter (or as the code) everywhere else.
_AT_HOME: Final = {
    "USD": ("$", ("US",), "US$"), "CAD": ("$", ("CA",), "CA$"), "AUD": ("$", ("AU",), "A$"),
    "NZD": ("$", ("NZ",), "NZ$"), "MXN": ("$", ("MX",), "MX$"), "HKD": ("HK$", (), "HK$"), "SGD": ("$", ("SG",), "S$"),
    "CNY": ("¥", ("CN",), "CN¥"), "SEK": ("kr", ("SE",), "SEK"), "NOK": ("kr", ("NO",), "NOK"),
    "DKK": ("kr.", ("DK",), "DKK"), "ZAR": ("R", ("ZA",), "ZAR"),
}  # fmt: skip
# The country of a locale that names none.
_HOMES: Final = {"en": "US", "sv": "SE", "nb": "NO", "da": "DK", "zh": "CN"}
# ISO 4217: decimal places other than two.
_PLACES: Final = {
    **dict.fromkeys(("JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "RWF", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def price(amount: Decimal, currency: str | None, locale: str) -> str:
    """Write a price for a reader, as in `1.234,50 €` for de-DE; without a currency it is the number alone."""
    language, region = _parts(locale)
    style = _STYLES.get(f"{language}-{region}") or _STYLES.get(language, _NEUTRAL)
    number = _number(amount, _PLACES.get(currency or "", 2), style)
    if not currency:
        return number
    symbol = _symbol(currency, region) if style is not _NEUTRAL else currency
    pattern = style.pattern
    if pattern == _BEFORE and len(symbol) > 1 and symbol[-1].isalpha():
        # Letters do not touch a number.
        pattern = _BEFORE_APART
    return pattern.replace("¤", symbol).replace("#", number)


def _parts(locale: str) -> tuple[str, str]:
    parts = locale.replace("_", "-").split("-")
    language = _ALIASES.get(parts[0].lower(), parts[0].lower())
    region = next((part.upper() for part in parts[1:] if len(part) == 2), _HOMES.get(language, ""))
    return language, region


def _symbol(currency: str, region: str) -> str:
    if currency in _AT_HOME:
        symbol, homes, elsewhere = _AT_HOME[currency]
        return symbol if region in homes else elsewhere
    return _SYMBOLS.get(currency, currency)


def _number(amount: Decimal, places: int, style: _Style) -> str:
    whole, _, fraction = f"{abs(amount):.{places}f}".partition(".")
    grouped = _grouped(whole, style) if len(whole) >= style.grouped_from else whole
    sign = _MINUS if amount < 0 else ""
    return f"{sign}{grouped}{style.decimal}{fraction}" if fraction else f"{sign}{grouped}"


def _grouped(digits: str, style: _Style) -> str:
    size = 2 if style.pairs else 3
    head, groups = digits[:-3], [digits[-3:]]
    while head:
        groups.insert(0, head[-size:])
        head = head[:-size]
    return style.group.join(groups)
