"""Times, durations and counts as people read them; a time always says in which zone it is."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

_DASH = "\u2013"
NOTHING = Markup('<span class="none">{}</span>').format(_DASH)


def moment(text: str | None, zone: str = "UTC", *, ago: bool = False, exact: bool = False) -> Markup:
    """Return a time (as the API writes it) on the clocks of `zone`; the script can show it on others.

    With `ago` the script adds how long ago or ahead that is; `exact` shows the seconds as well.
    """
    if not text:
        return NOTHING
    marks = Markup(f"{' data-ago' if ago else ''}{' data-exact' if exact else ''}")  # noqa: S704  # our own words
    return Markup('<time datetime="{}" data-zone="{}"{}>{}</time>').format(
        text, zone, marks, on_clocks(text, zone, exact=exact)
    )


def on_clocks(text: str, zone: str = "UTC", *, exact: bool = False) -> str:
    """Write a time as in `2026-11-22 10:00 EST`."""
    local = datetime.fromisoformat(text).astimezone(ZoneInfo(zone) if zone != "UTC" else UTC)
    name = local.tzname() or zone
    # Where a zone has no letters of its own, its name is a bare number. (strftime would take four times as long.)
    return f"{local.isoformat(' ')[: 19 if exact else 16]} {name if name.isalpha() else f'UTC{name}'}"


def milliseconds(first: str, last: str) -> float:
    """Return how long it is from one time to another."""
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds() * 1000


def duration(milliseconds: float | None) -> str:
    """Write how long something took: `840 ms`, `12.4 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`."""
    if milliseconds is None:
        return _DASH
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def count(number: int | None) -> str:
    """Write a count with thin spaces between its thousands."""
    return _DASH if number is None else f"{number:,}".replace(",", "\u202f")
