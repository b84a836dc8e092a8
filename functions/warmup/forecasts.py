"""Forecasts as entries of the cache."""

from __future__ import annotations

from nightshift import Outcome, Run
from warmup import comparisons, warming
from warmup.caching.keys import FORECASTS
from warmup.comparison import Comparison
from warmup.outlooks.outlook import comparison_outlook
from warmup.recipes import Made, Recipe

# A forecast of both terms takes well under a second; ten at once on a busy processor, a few.
_NEEDS_S = 5.0


def warm_forecasts(run: Run) -> Outcome:
    """Forecast the popular comparisons whose forecast is missing or old."""
    return warming.warm_popular(run, recipe(), comparisons.popular_for_forecasts)


def recipe() -> Recipe:
    """Return how a forecast is made."""
    return Recipe(FORECASTS, _make, _NEEDS_S)


def _make(comparison: Comparison, _deadline: float) -> Made:
    return Made(comparison_outlook(comparison))
