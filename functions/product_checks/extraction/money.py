# ruff: noqa: RUF001 - shops write these very characters
"""Reads prices as shops of all countries write them, and stays silent where a reading would be a guess."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from product_checks.extraction.currency import currency_in, decimals
from product_checks.extraction.hints import Hints

MAX_PRICE = Decimal(10) ** 12
_MAX_TEXT = 200
_NOISE = Decimal("0.00001")

_SPACES = dict.fromkeys(
    map(ord, "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\r\n"), " "
)
_INVISIBLE = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad"), None
)
_MARKS = (
    {ord(c): "'" for c in "’‘ʼ′´`＇\u066c"}
    | {ord(c): "-" for c in "−‐‑"}
    | {ord("．"): ".", ord("，"): ",", 0x066B: "\u066b"}
)
_TABLE = _SPACES | _INVISIBLE | _MARKS

_NUMBER = re.compile(
    r"(?<![\d.,])\d{1,3}(?:[ ]\d{3})+(?![\d])(?:[.,\u066b]\d{1,3}(?!\d))?"  # 1 299,00
    r"|\d+(?:[.,'\u066b]\d+)*"  # 1.299,00  1'299.50  1,29,999
    r"|(?<![\w.,])[.,]\d{2}(?!\d)"  # $.99
)
_TAG = re.compile(r"<[^<>]{0,200}>")
_RANGE = re.compile(
    r"^\W*?(?:-|–|—|~|〜|～|…|\.\.\.|to|bis|à|a|au|till|til|tot|do|до|até|al|and|und|から)\W*$", re.IGNORECASE
)
_NO_CENTS = re.compile(r"^\s?[.,:]\s?[-–—]")
_CENTS = re.compile(r"\s?(?:¢|c|ct|cts|cents?|p|pence)\b(?![/.])|\s?¢", re.IGNORECASE)
_INDIAN = re.compile(r"^\d{1,2}(?:,\d{2})+,\d{3}$")


@dataclass(frozen=True, slots=True)
class Amount:
    """A price, or a range of prices (`high` set), with the currency that its own text names."""

    low: Decimal
    high: Decimal | None = None
    currency: str | None = None


def read_amount(value: object, currency: str | None, hints: Hints) -> Amount | None:
    """Read a price that a page states for people or machines; None when it states none or more than one.

    `currency` is what the page says elsewhere; it decides only whether "12.500" has three decimals. Zero, negative
    and absurdly large values are no prices.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float, Decimal)):
        number = _from_number(value, currency)
        return Amount(number) if number is not None else None
    if isinstance(value, str):
        return _from_text(value, currency, hints)
    return None


def _from_number(value: float | Decimal, currency: str | None) -> Decimal | None:
    try:
        number = value if isinstance(value, Decimal) else Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    return _plausible(_without_noise(number, currency)) if number.is_finite() else None


def _without_noise(number: Decimal, currency: str | None) -> Decimal:
    """Undo binary floats (22.199999999999999289 is 22.20); keep honest fractions of a cent."""
    if not Decimal(0) < number < MAX_PRICE:
        return number
    rounded = number.quantize(Decimal(1).scaleb(-decimals(currency)))
    if abs(rounded - number) < _NOISE:
        return rounded
    return number if len(number.as_tuple().digits) <= 12 else number.quantize(Decimal("0.0001"))


def _plausible(number: Decimal | None) -> Decimal | None:
    return number if number is not None and 0 < number < MAX_PRICE else None


def _from_text(raw: str, currency: str | None, hints: Hints) -> Amount | None:
    text = _clean(raw)
    if len(text) > _MAX_TEXT:
        return None
    numbers = [m for m in _NUMBER.finditer(text) if not text[m.end() :].lstrip().startswith("%")]
    if not numbers or len(numbers) > 2 or _is_negative(text, numbers[0]):
        return None
    own = currency_in(_NUMBER.sub(" ", text), hints)
    known = currency or own
    values = [_of_token(m, text, known, hints) for m in numbers]
    low, high = values[0], values[-1]
    if low is None or high is None:
        return None
    if _CENTS.match(text[numbers[-1].end() :]):
        return None  # 99 ¢ is no 99
    if len(values) == 1 or low == high:
        return Amount(low, None, own)
    between = _without_currency(text[numbers[0].end() : numbers[1].start()])
    return Amount(low, high, own) if low < high and _RANGE.match(between) else None


def _of_token(match: re.Match[str], text: str, currency: str | None, hints: Hints) -> Decimal | None:
    number = _interpret(match, text, currency, hints)
    if number is None:
        return None
    # A float that a template printed: 19.990000000000002.
    return _plausible(_without_noise(number, currency) if len(number.as_tuple().digits) > 12 else number)


def _clean(raw: str) -> str:
    if raw.isascii() and "&" not in raw and "<" not in raw:
        return raw.strip()
    text = html.unescape(raw[: _MAX_TEXT * 10])
    text = _TAG.sub(" ", text).translate(_TABLE)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() and c > "9" else c for c in text).strip()


def _is_negative(text: str, number: re.Match[str]) -> bool:
    before = text[: number.start()].rstrip(" $€£¥₹")
    word = before[:-1].strip(" .,:")  # "Price - 12" is no negative price, "USD -12" is one
    return before.endswith("-") and (not word.isalpha() or currency_in(word, Hints()) is not None)


def _without_currency(text: str) -> str:
    return re.sub(r"[$€£¥₹₩]|\b[A-Z]{3}\b|\bkr\b|\bzł\b", " ", text).strip()


def _interpret(match: re.Match[str], text: str, currency: str | None, hints: Hints) -> Decimal | None:
    """Turn the digits and separators of one number into its value."""
    token = match.group().replace(" ", "")
    if _NO_CENTS.match(text[match.end() : match.end() + 4]):
        return _whole(token)
    if "\u066b" in token:
        whole, _, fraction = token.rpartition("\u066b")
        return _join(whole, fraction)
    if token.count("'") == 1 and re.search(r"'\d\d$", token) and "." not in token and "," not in token:
        return _join(*token.split("'"))  # 12'99, as some Spanish shops write
    token = token.replace("'", "")
    separators = [c for c in token if c in ".,"]
    if len(set(separators)) == 2:
        whole, mark, fraction = token.rpartition(separators[-1])
        return _join(whole, fraction) if mark not in whole else None
    if len(separators) != 1:
        return _whole(token)
    return _one_separator(*token.partition(separators[0]), currency, hints)


def _one_separator(head: str, mark: str, tail: str, currency: str | None, hints: Hints) -> Decimal | None:
    looks_grouped = len(tail) == 3 and 1 <= len(head) <= 3 and not head.startswith("0")
    if not looks_grouped or _has_three_decimals(mark, currency, hints):
        return _decimal(f"{head or '0'}.{tail}")
    if mark == "." and tail.endswith("0") and decimals(currency) > 0 and _is_point_certain(currency, hints):
        return None  # 12.500 where people write 12.50: neither reading is safe
    return _decimal(head + tail)


def _has_three_decimals(mark: str, currency: str | None, hints: Hints) -> bool:
    if decimals(currency) != 3 or currency == "IQD":
        return False
    return mark == "." or currency == "TND" or hints.writes_decimal_point is False


def _is_point_certain(currency: str | None, hints: Hints) -> bool:
    return hints.writes_decimal_point is True and currency not in {
        "EUR",
        "BRL",
        "TRY",
        "IDR",
        "DKK",
        "SEK",
        "NOK",
        "PLN",
    }


def _whole(token: str) -> Decimal | None:
    groups = re.split(r"[.,']", token)
    is_grouped = len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])
    return _decimal("".join(groups)) if len(groups) == 1 or is_grouped or _INDIAN.match(token) else None


def _join(whole: str, fraction: str) -> Decimal | None:
    number = _whole(whole)
    return _decimal(f"{number}.{fraction}") if number is not None else None


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if len(text) <= 20 else None
