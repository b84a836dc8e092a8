"""Sets of words, written as a reader likes them: one line of text instead of a column of quotes."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())
