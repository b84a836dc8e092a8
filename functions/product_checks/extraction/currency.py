# ruff: noqa: RUF001 - shops write these very characters
"""Currencies: the codes of ISO 4217 with their decimals, and the signs and names pages write instead of codes."""

from __future__ import annotations

import re
from decimal import Decimal

from product_checks.extraction.hints import Hints

# ISO 4217 (list one, with the few retired codes that old shops still print).
_CODES = frozenset(
    [
        "AED",
        "AFN",
        "ALL",
        "AMD",
        "ANG",
        "AOA",
        "ARS",
        "AUD",
        "AWG",
        "AZN",
        "BAM",
        "BBD",
        "BDT",
        "BGN",
        "BHD",
        "BIF",
        "BMD",
        "BND",
        "BOB",
        "BRL",
        "BSD",
        "BTN",
        "BWP",
        "BYN",
        "BZD",
        "CAD",
        "CDF",
        "CHF",
        "CLP",
        "CNY",
        "COP",
        "CRC",
        "CUP",
        "CVE",
        "CZK",
        "DJF",
        "DKK",
        "DOP",
        "DZD",
        "EGP",
        "ERN",
        "ETB",
        "EUR",
        "FJD",
        "FKP",
        "GBP",
        "GEL",
        "GHS",
        "GIP",
        "GMD",
        "GNF",
        "GTQ",
        "GYD",
        "HKD",
        "HNL",
        "HRK",
        "HTG",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "IQD",
        "IRR",
        "ISK",
        "JMD",
        "JOD",
        "JPY",
        "KES",
        "KGS",
        "KHR",
        "KMF",
        "KPW",
        "KRW",
        "KWD",
        "KYD",
        "KZT",
        "LAK",
        "LBP",
        "LKR",
        "LRD",
        "LSL",
        "LYD",
        "MAD",
        "MDL",
        "MGA",
        "MKD",
        "MMK",
        "MNT",
        "MOP",
        "MRU",
        "MUR",
        "MVR",
        "MWK",
        "MXN",
        "MYR",
        "MZN",
        "NAD",
        "NGN",
        "NIO",
        "NOK",
        "NPR",
        "NZD",
        "OMR",
        "PAB",
        "PEN",
        "PGK",
        "PHP",
        "PKR",
        "PLN",
        "PYG",
        "QAR",
        "RON",
        "RSD",
        "RUB",
        "RWF",
        "SAR",
        "SBD",
        "SCR",
        "SDG",
        "SEK",
        "SGD",
        "SHP",
        "SLE",
        "SOS",
        "SRD",
        "SSP",
        "STN",
        "SVC",
        "SYP",
        "SZL",
        "THB",
        "TJS",
        "TMT",
        "TND",
        "TOP",
        "TRY",
        "TTD",
        "TWD",
        "TZS",
        "UAH",
        "UGX",
        "USD",
        "UYU",
        "UZS",
        "VED",
        "VES",
        "VND",
        "VUV",
        "WST",
        "XAF",
        "XCD",
        "XOF",
        "XPF",
        "YER",
        "ZAR",
        "ZMW",
        "ZWL",
    ]
)
_NO_DECIMALS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
_THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])

_SIGNS = {
    "€": "EUR", "₹": "INR", "₩": "KRW", "₽": "RUB", "₴": "UAH", "₺": "TRY", "₫": "VND", "฿": "THB", "₪": "ILS",
    "₱": "PHP", "₦": "NGN", "₵": "GHS", "₲": "PYG", "₡": "CRC", "₸": "KZT", "₾": "GEL", "֏": "AMD", "₼": "AZN",
    "₭": "LAK", "₮": "MNT", "৳": "BDT", "៛": "KHR", "円": "JPY", "원": "KRW", "﷼": "IRR",
}  # fmt: skip
_WORDS = {
    "us$": "USD", "u$s": "USD", "ca$": "CAD", "c$": "CAD", "cdn$": "CAD", "can$": "CAD", "a$": "AUD", "au$": "AUD",
    "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "sg$": "SGD", "nt$": "TWD", "tw$": "TWD", "mx$": "MXN", "r$": "BRL",
    "ar$": "ARS", "cl$": "CLP", "co$": "COP", "col$": "COP", "rd$": "DOP", "j$": "JMD", "tt$": "TTD", "b/.": "PAB",
    "euro": "EUR", "euros": "EUR", "eur": "EUR", "zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK", "ft": "HUF",
    "руб": "RUB", "руб.": "RUB", "грн": "UAH", "грн.": "UAH", "лв": "BGN", "лв.": "BGN", "tl": "TRY", "rm": "MYR",
    "rp": "IDR", "rp.": "IDR", "sfr": "CHF", "sfr.": "CHF", "chf": "CHF", "rmb": "CNY", "s/": "PEN", "s/.": "PEN",
    "aed": "AED", "د.إ": "AED", "د.ك": "KWD", "kd": "KWD", "ر.س": "SAR", "ج.م": "EGP", "ر.ق": "QAR", "د.ب": "BHD",
    "ر.ع.": "OMR", "د.ا": "JOD", "د.ت": "TND", "د.م.": "MAD", "تومان": "IRR", "nok": "NOK", "sek": "SEK",
    "us dollar": "USD", "us dollars": "USD", "pound sterling": "GBP", "yen": "JPY", "đ": "VND", "vnđ": "VND",
}  # fmt: skip
# Signs that several countries share: the page's country decides, or nothing does.
_SHARED_SIGNS = {
    "$": {
        "US": "USD", "PR": "USD", "EC": "USD", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "SG": "SGD", "HK": "HKD",
        "TW": "TWD", "MX": "MXN", "AR": "ARS", "CL": "CLP", "CO": "COP", "UY": "UYU", "DO": "DOP", "JM": "JMD",
    },
    "kr": {"SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK", "FO": "DKK", "GL": "DKK"},
    "¥": {"JP": "JPY", "CN": "CNY"},
    "元": {"CN": "CNY", "TW": "TWD", "HK": "HKD"},
    "£": {"": "GBP", "EG": "EGP", "LB": "LBP", "SY": "SYP", "FK": "FKP", "GI": "GIP"},
    "rs": {"IN": "INR", "PK": "PKR", "LK": "LKR", "NP": "NPR", "MU": "MUR", "SC": "SCR"},
    "r": {"ZA": "ZAR"},
    "fr": {"CH": "CHF", "LI": "CHF"},
    "lei": {"": "RON", "MD": "MDL"},
    "dt": {"TN": "TND"},
    "dh": {"MA": "MAD", "AE": "AED"},
    "din": {"RS": "RSD"},
    "km": {"BA": "BAM"},
    "kn": {"HR": "HRK"},
}  # fmt: skip
_COUNTRY_OF_LANGUAGE = {"ja": "JP", "sv": "SE", "nb": "NO", "nn": "NO", "no": "NO", "da": "DK", "is": "IS"}
_SAME_SIGN = str.maketrans({"￥": "¥", "＄": "$", "￡": "£", "￦": "₩", "₨": "rs"})
_CODE = re.compile(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")
# eBay and others put a space into US$, C$, AU$.
_PARTED_DOLLAR = re.compile(r"(?<!\w)(US|CA?|AU|NZ|HK|SG|NT|MX) \$")
_WORD = re.compile(r"[^\d\s,'’:;()\[\]|*+~–—-]+")


def decimals(currency: str | None) -> int:
    """How many decimals ISO 4217 gives the currency; 2 when it is not known."""
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def format_price(price: Decimal | None, currency: str | None) -> str | None:
    """The price as a plain decimal string with at least the currency's decimals, and no padding beyond them."""
    if price is None:
        return None
    smallest = Decimal(1).scaleb(-decimals(currency))
    rounded = price.quantize(smallest)
    return f"{rounded if rounded == price else price.normalize():f}"


def read_currency(value: object, hints: Hints) -> str | None:
    """The ISO code that a code, sign or name stands for, or None when that is not certain."""
    if isinstance(value, list) and value:
        codes = {read_currency(item, hints) for item in value[:20]}
        return codes.pop() if len(codes) == 1 else None
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name") or value.get("@id")
    if not isinstance(value, str):
        return None
    text = value.strip()[:40]
    code = text.rpartition("/")[2].rpartition(":")[2].upper()
    return code if code in _CODES else currency_in(text, hints)


def currency_in(text: str, hints: Hints) -> str | None:
    """The one currency that a text such as "ab 12,99 €" names; None when there is none or more than one."""
    found: set[str] = {code for code in _CODE.findall(text) if code in _CODES}
    if not found:
        text = _PARTED_DOLLAR.sub(r"\1$", text)
        found = {code for word in _WORD.findall(text.translate(_SAME_SIGN)) if (code := _of_word(word, hints))}
    return found.pop() if len(found) == 1 else None


def _of_word(word: str, hints: Hints) -> str | None:
    lowered = word.lower()
    if lowered in _WORDS:
        return _WORDS[lowered]
    if word[0] in _SIGNS or word[-1] in _SIGNS:
        return _SIGNS.get(word[0]) or _SIGNS[word[-1]]
    shared = _SHARED_SIGNS.get(lowered.rstrip("./")) or _SHARED_SIGNS.get(word[0]) or _SHARED_SIGNS.get(word[-1])
    if shared is None:
        return _WORDS.get(lowered.strip("."))
    country = hints.country or _COUNTRY_OF_LANGUAGE.get(hints.language, "")
    return shared.get(country) or shared.get("")
