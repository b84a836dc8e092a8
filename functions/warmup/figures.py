"""Figures as readers get them: no more digits than they mean."""

from __future__ import annotations

# Nothing about the future is certain.
_SUREST = 0.99
_SIZES = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))


def rounded(value: float) -> float:
    """Round to five significant digits, whatever the unit of the series."""
    return float(f"{value:.5g}")


def shown(value: float) -> str:
    """Write a value for a sentence or an axis, with three or four digits: 0.25, 61.4, 1,250, 31.4k, 2m."""
    if value >= 10_000:
        short = float(f"{value:.3g}")
        size, name = next(each for each in _SIZES if short >= each[0])
        return f"{short / size:.4g}{name}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def chance(probability: float) -> float:
    """Round a probability to whole percents, and never claim that something is certain or impossible."""
    return round(min(max(probability, 1 - _SUREST), _SUREST), 2)
