"""What a chart says in words: for the eye in its heading, and for ears in its title and description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warmup.charts.svg import shortened
from warmup.figures import shown

_TERM_COLUMNS = 24
_REASON_COLUMNS = 44

KEY = "Areas: 80 % and 95 % of outcomes lie within. Dotted: forecast begins."

Json = Mapping[str, Any]


def title(bundle: Json) -> str:
    """Name the chart."""
    first, second = (entry["term"] for entry in bundle["terms"])
    return f"{first} and {second}: search interest and forecast"


def heading(bundle: Json) -> str:
    """Name both terms, cut where they are long."""
    return " and ".join(_name(entry) for entry in bundle["terms"])


def leader(bundle: Json) -> str:
    """Say who is expected to lead, or why nobody is."""
    expected = bundle["leader"]
    if expected["term"] is not None:
        name = shortened(expected["term"], _TERM_COLUMNS)
        return f"Expected to lead over the next {expected['horizonDays']} days: {name} ({expected['probability']:.0%})"
    if expected["probability"] is not None:
        return f"The next {expected['horizonDays']} days are too close to call ({expected['probability']:.0%})"
    return str(expected["rule"])


def legend(entry: Json) -> str:
    """Say where a term goes, in a line."""
    if not entry["forecast"]:
        return f"{_name(entry)}: no forecast, {shortened(entry['reason'] or 'no reason is known', _REASON_COLUMNS)}"
    month = entry["outlooks"]["30"]
    likely = f"{shown(month['lower80'])} to {shown(month['upper80'])}"
    return f"{_name(entry)}: {entry['direction']}, next 30 days {shown(month['average'])} ({likely})"


def description(bundle: Json) -> str:
    """Tell those who cannot see the chart what it shows."""
    parts = [leader(bundle) + "."]
    for entry in bundle["terms"]:
        facts = entry["directionRule"] or entry["reason"] or ""
        parts.append(f"{entry['term']}: {entry['direction'] or 'no forecast'}. {facts}")
        parts += [warning["detail"] for warning in entry["warnings"]]
    parts.append("Lines show the history and the expected course, areas where 80 % and 95 % of outcomes are expected.")
    return " ".join(parts)


def _name(entry: Json) -> str:
    return shortened(entry["term"], _TERM_COLUMNS)
