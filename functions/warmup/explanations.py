"""Explanations as entries of the cache."""

from __future__ import annotations

import os
import time
from decimal import Decimal

from nightshift import Outcome, Run
from nightshift.errors import NightshiftError
from warmup import comparisons, warming
from warmup.cache_keys import EXPLANATIONS
from warmup.comparison import Comparison
from warmup.explaining.errors import BudgetExhausted, BudgetUnknown, ExplainerRefused, ExplainingError
from warmup.explaining.explain import explain, make_explainer
from warmup.explaining.pricing import Usage
from warmup.explaining.settings import load_settings
from warmup.recipes import Made, Recipe

# An answer, and one more where the first was not usable, with some waiting in between.
_MOST_S = 120.0
_NEEDS_S = 30.0
_OFFLINE_NEEDS_S = 5.0


class NotExplained(NightshiftError):
    """There is no explanation; `used` tells what was spent on it."""

    def __init__(self, error: ExplainingError) -> None:
        super().__init__(str(error))
        self.used = _used(error.usage)


class NoMoreToday(NotExplained):
    """No further comparison would be explained either: the money is spent, or the explainer refuses us."""


def warm_explanations(run: Run) -> Outcome:
    """Explain the popular comparisons whose explanation is missing or old."""
    return warming.warm_popular(run, recipe(run), comparisons.popular_for_explanations)


def recipe(run: Run) -> Recipe:
    """Return how an explanation is made, by whoever this deployment asks.

    Raises:
        SettingsError: naming what is wrong with the settings of the explainer.
    """
    settings = load_settings(os.environ)
    explainer = make_explainer(settings, run.platform.secrets, run.platform.client)

    def make(comparison: Comparison, deadline: float) -> Made:
        try:
            explained = explain(comparison, explainer, deadline=min(deadline, time.monotonic() + _MOST_S))
        except (BudgetExhausted, BudgetUnknown, ExplainerRefused) as error:
            raise NoMoreToday(error) from error
        except ExplainingError as error:
            raise NotExplained(error) from error
        return Made(explained.bundle, _used(explained.usage))

    needs_s = _OFFLINE_NEEDS_S if settings.provider == "offline" else _NEEDS_S
    return Recipe(EXPLANATIONS, make, needs_s, ends_all=(NoMoreToday,))


def _used(usage: Usage) -> dict[str, int | Decimal]:
    return {
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "costUsd": usage.cost_usd,
        "calls": usage.attempts,
    }
