"""Text from anywhere as PostgreSQL can keep it: without NUL and without halves of surrogate pairs.

What an error, a page or a caller says must not keep the record that quotes it from being written.
"""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str, longest: int | None = None) -> str:
    """Return `text` with U+FFFD for every character that cannot be kept, cut to `longest` characters."""
    return _UNSTORABLE.sub("\ufffd", text[:longest])
