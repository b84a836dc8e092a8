"""Terms, places and periods are words that strangers typed: cleaned before they are shown to a model or a reader."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST_TERM: Final = 100
LONGEST_CONTEXT: Final = 40
# What lies beyond this many times the longest is not even looked at.
_LOOKED_AT: Final = 10


def clean(text: str, longest: int = LONGEST_TERM) -> str:
    """Return `text` in normal form (NFKC) on one line, at most `longest` characters, without what cannot be seen.

    Left out are control and formatting characters (NUL, bidirectional overrides, zero-width ones), halves of
    surrogate pairs, and code points without a meaning. Any white space becomes one space.
    """
    normal = unicodedata.normalize("NFKC", text[: _LOOKED_AT * longest])
    spaced = "".join(" " if char.isspace() else char for char in normal)
    # All categories that begin with C: control, format, surrogate, private use, unassigned.
    seen = "".join(char for char in spaced if not unicodedata.category(char).startswith("C"))
    return " ".join(seen.split())[:longest].strip()


def clean_terms(terms: tuple[str, str]) -> tuple[str, str]:
    """Return both terms cleaned; one of which nothing is left is called by its place."""
    first, second = terms
    return clean(first) or "the first term", clean(second) or "the second term"
