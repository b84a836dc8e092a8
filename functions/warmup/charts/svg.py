"""Pieces of an SVG file. Whatever text comes in, what comes out is well-formed and cannot leave its place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape

# What XML 1.0 has no place for, and what would turn the direction of the text around it.
_UNPRINTABLE = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def element(name: str, *children: str, **attributes: str | float) -> str:
    """Write an element around children that are SVG already; `stroke_width` is written stroke-width, `class_` class."""
    named = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{named}>{''.join(children)}</{name}>"


def text(words: str) -> str:
    """Write words of any origin as the text of an element."""
    return escape(cleaned(words))


def cleaned(words: str) -> str:
    """Replace what no file can hold or no eye can see, and bring every run of white space to one space."""
    return " ".join(_UNPRINTABLE.sub("\ufffd", words).split())


def shortened(words: str, columns: int) -> str:
    """Cut words to a width in columns, of which wide characters (Chinese, Japanese, emoji) take two."""
    whole = cleaned(words)
    if _columns(whole) <= columns:
        return whole
    while _columns(whole) > columns - 1:
        whole = whole[: len(whole) - max(1, (_columns(whole) - columns) // 2)]
    return whole.rstrip() + "…"


def line(places: Iterable[tuple[float, float]]) -> str:
    """Write places as the path of a line."""
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in places)


def area(upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]]) -> str:
    """Write the path around what lies between two lines."""
    return line([*upper, *reversed(lower)]) + "Z"


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def _columns(words: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)
