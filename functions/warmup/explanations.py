"""Explanations as entries of the cache."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from functools import partial

from nightshift import Outcome, Run
from nightshift.errors import NightshiftError
from warmup import comparisons, warming
from warmup.caching.entries import FRESH_MS, Bundle
from warmup.caching.keys import EXPLANATIONS
from warmup.comparison import Comparison
from warmup.explaining.errors import BudgetExhausted, BudgetUnknown, ExplainerRefused, ExplainingError
from warmup.explaining.explain import Explainer, explain, make_explainer
from warmup.explaining.pricing import Usage
from warmup.explaining.settings import ExplainerSettings, load_settings
from warmup.recipes import Made, Recipe

# An answer, and one more where the first was not usable, with some waiting in between.
_MOST_S = 120.0
_NEEDS_S = 30.0
_OFFLINE_NEEDS_S = 5.0
# What stands in for an answer that could not be used; the next one may well be better.
_FALLBACK_FRESH_MS = 24 * 3_600_000


class NotExplained(NightshiftError):
    """There is no explanation; `used` tells what was spent on it."""

    def __init__(self, error: ExplainingError) -> None:
        super().__init__(str(error))
        self.used = _used(error.usage)


class NoMoreToday(NotExplained):
    """No further comparison would be explained either: the money is spent, or the explainer refuses us."""


def warm_explanations(run: Run) -> Outcome:
    """Explain the popular comparisons whose explanation is missing or old."""
    with recipe(run) as explaining:
        return warming.warm_popular(run, explaining, comparisons.popular_for_explanations)


@contextmanager
def recipe(run: Run) -> Iterator[Recipe]:
    """Give how an explanation is made, by whoever this deployment asks.

    Raises:
        SettingsError: naming what is wrong with the settings of the explainer.
    """
    settings = load_settings(os.environ)
    with closing(make_explainer(settings, run.platform.secrets, run.platform.client)) as explainer:
        needs_s = _OFFLINE_NEEDS_S if settings.provider == "offline" else _NEEDS_S
        accepts = partial(_is_ours, settings)
        yield Recipe(EXPLANATIONS, _maker(explainer), needs_s, ends_all=(NoMoreToday,), accepts=accepts)


def _is_ours(settings: ExplainerSettings, bundle: Bundle) -> bool:
    """Whether this deployment's explainer made it, or what stands in for its answers; another's is made again."""
    author = (settings.provider, settings.model if settings.provider != "offline" else None)
    return bool(bundle.get("fallback")) or (bundle.get("provider"), bundle.get("model")) == author


def _maker(explainer: Explainer) -> Callable[[Comparison, float], Made]:
    def make(comparison: Comparison, deadline: float) -> Made:
        try:
            explained = explain(comparison, explainer, deadline=min(deadline, time.monotonic() + _MOST_S))
        except (BudgetExhausted, BudgetUnknown, ExplainerRefused) as error:
            raise NoMoreToday(error) from error
        except ExplainingError as error:
            raise NotExplained(error) from error
        fresh_ms = _FALLBACK_FRESH_MS if explained.bundle["fallback"] else FRESH_MS
        return Made(explained.bundle, _used(explained.usage), fresh_ms)

    return make


def _used(usage: Usage) -> dict[str, int | Decimal]:
    return {
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "costUsd": usage.cost_usd,
        "calls": usage.attempts,
    }
