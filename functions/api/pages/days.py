"""Days as people choose them in a form: a date, on the clocks of some zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Day:
    """A date as a query parameter."""

    name: str
    description: str = ""
    default: date | None = None

    def parse(self, raw: Any) -> date:
        """Accept a date as 2026-11-22."""
        try:
            day = date.fromisoformat(raw if isinstance(raw, str) and len(raw) == len("2026-11-22") else "")
            # Room for a day more, in every zone.
            return day if date.min.year < day.year < date.max.year else date.fromisoformat("")
        except ValueError:
            raise ValueError(f"{self.name} must be a date such as 2026-11-22") from None

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": "string", "format": "date"}


def begin_of(day: date | None, zone: ZoneInfo) -> str | None:
    """Return the first moment of a day in a zone, as the API takes it."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).isoformat() if day else None


def end_of(day: date | None, zone: ZoneInfo) -> str | None:
    """Return the first moment after a day in a zone, as the API takes it."""
    return begin_of(day + timedelta(days=1), zone) if day else None
