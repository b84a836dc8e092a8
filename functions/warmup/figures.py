"""Figures as readers get them: no more digits than they mean."""

from __future__ import annotations

# Nothing about the future is certain.
_SUREST = 0.99


def rounded(value: float) -> float:
    """Round to five significant digits, whatever the unit of the series."""
    return float(f"{value:.5g}")


def shown(value: float) -> str:
    """Write a value for a sentence or an axis: three significant digits, or whole from 100 on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def chance(probability: float) -> float:
    """Round a probability to whole percents, and never claim that something is certain or impossible."""
    return round(min(max(probability, 1 - _SUREST), _SUREST), 2)
