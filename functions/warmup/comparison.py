"""A comparison of two search terms, as the shop's software stores it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Comparison:
    """Two terms and how often each was searched for.

    Attributes:
        timeframe, geo: what the shop asked its source for, such as `today 5-y` and `US`; words to us.
        data_hash: changes whenever the terms or the series do.
        points: as stored, unchecked: `{"date": "2026-11-22", "values": [61, 40]}`, a value for each term or null.
    """

    id: int
    slug: str
    terms: tuple[str, str]
    timeframe: str
    geo: str
    data_hash: str
    points: Sequence[Any]
