"""What a fuzzer is: where its inputs come from, and what must hold for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True)
class Target:
    """One reader of text that others wrote.

    Attributes:
        check: raises for an input that breaks it: an exception that the reader does not declare, or an assertion.
        short: how many inputs it gets in `make test`; `make fuzz` goes on until its time is over.
    """

    name: str
    inputs: st.SearchStrategy[Any]
    check: Callable[[Any], object]
    short: int = 25


# What tends to end a value, a tag, a line or a header too early, or to look like something else.
NASTY = st.sampled_from([
    "'", '"', "\\", "--", "/*", "*/", "$$", "$a$", ";", ":a", "%s", "%00", "{{7*7}}", "{% raw %}", "${x}", "<script>",
    "</script>", "<!--", "-->", "<![CDATA[", "]]>", "<svg onload=x>", "&lt;", "&#0;", "&#x110000;", "\r\n", "\n", "\r",
    "\r\nBcc: eve@example.com\r\n\r\n", "\u2028", "\u2029", "\u0085", "\v", "\f", "\0", "\x1b[31m", "\u202e", "\u2066",
    "\ufeff", "\ud800", "\udfff", "=?utf-8?q?x?=", "=?utf-8?q?=0D=0ABcc:_eve@example.com?=", "=?utf-8?b?DQpYOiB5?=",
    "\u200d", "\U0001f469\u200d\U0001f680", "\u00ad", "e\u0301" * 20,
    "__proto__", "constructor", "__class__", "NaN", "Infinity", "-0", "1e999", "9" * 40, "0x1f", "1_000",
    "\u0661\u0662",
    "x" * 300,
])  # fmt: skip
# Text as people would not write it: all of Unicode, lone surrogates and zero bytes included.
TEXT = st.lists(NASTY | st.text(st.characters(), max_size=12), max_size=6).map("".join)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.integers(2**63 - 2, 2**64 + 2) | TEXT
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)
