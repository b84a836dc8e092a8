"""Times, durations and foreign texts as a terminal shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from local.report import shortened

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def plain(value: Any, width: int = 100) -> str:
    """Return a text on one line without what could steer a terminal."""
    text = "" if value is None else str(value)
    return shortened("".join(letter if letter.isprintable() else " " for letter in text), width)


def moment(text: str | None, now: datetime) -> str:
    """Return a time in UTC and how far away it is: `15:00 UTC, 2 h ago`."""
    if not text:
        return "-"
    at = datetime.fromisoformat(text).astimezone(UTC)
    seconds = (now - at).total_seconds()
    shown = f"{at:%H:%M}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M}"
    return f"{shown} UTC, {f'{span(seconds)} ago' if seconds >= 0 else f'in {span(-seconds)}'}"


def span(seconds: float) -> str:
    """Return a length of time in its largest unit: `4 min`."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def duration(milliseconds: int | None) -> str:
    """Return how long a run took; `-` of one that has not ended."""
    return "-" if milliseconds is None else f"{milliseconds / 1000:.1f} s"


def details(value: Any) -> str:
    """Return a value on one line, a structure as JSON."""
    if isinstance(value, Mapping | list):
        return plain(json.dumps(value, ensure_ascii=False), 300) if value else "-"
    return "-" if value is None else plain(value, 300)
