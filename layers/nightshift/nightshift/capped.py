"""Counts that stop at a cap, so that no answer reads more of a large table than it tells (docs/adr/0172)."""

from __future__ import annotations

from typing import Any, Final

from nightshift.json_schema import COUNT, FLAG, record

CAP: Final = 10_000
CAPPED: Final = record(count=COUNT, isCapped=FLAG)


def capped(count: int, cap: int) -> dict[str, Any]:
    """Return a count that was read up to one more than its cap, and whether there are more."""
    return {"count": min(count, cap), "isCapped": count > cap}
