"""Explains one comparison, by whoever is set up to; safe to be called from several threads at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nightshift.secrets import Secrets
from warmup.comparison import Comparison
from warmup.explaining.asking import Asker
from warmup.explaining.bedrock import BedrockModel
from warmup.explaining.budget import Budget
from warmup.explaining.bundle import Explained, make_bundle
from warmup.explaining.calling import Model
from warmup.explaining.facts import read_facts
from warmup.explaining.offline import explain_offline
from warmup.explaining.openai import OpenAIModel
from warmup.explaining.settings import ExplainerSettings


@dataclass(frozen=True)
class Explainer:
    """Who explains: a model where `asker` is given, and the series' own figures otherwise."""

    settings: ExplainerSettings
    asker: Asker | None = None

    def close(self) -> None:
        """Close what asking has opened, at the end of a run."""
        if self.asker:
            self.asker.model.close()


def make_explainer(settings: ExplainerSettings, secrets: Secrets, client: Callable[[str], Any]) -> Explainer:
    """Return the explainer that the settings ask for; nothing is connected or imported before it is first asked.

    Args:
        settings: from `warmup.explaining.settings.load_settings`.
        secrets: where the server's key is.
        client: from an AWS service's name to its client, for the counter of the budget.
    """
    if settings.provider == "offline":
        return Explainer(settings)
    asker = Asker(
        model=_model(settings, secrets),
        budget=Budget(lambda: client("dynamodb"), settings.cache_table, settings.daily_budget_usd),
        prices=settings.prices,
        max_output_tokens=settings.max_output_tokens,
        timeout_s=settings.timeout_s,
    )
    return Explainer(settings, asker)


def explain(comparison: Comparison, explainer: Explainer, *, deadline: float) -> Explained:
    """Explain both terms of a comparison and their peaks.

    A model that breaks the contract twice is replaced by the series' own figures, and the bundle says so. A model that
    cannot be asked is not: the comparison stays unexplained, and what was explained before stays what it is.

    Args:
        comparison: as it is stored; its terms and points may be anything.
        explainer: from `make_explainer`; threads may share it.
        deadline: on `time.monotonic`; no call of a model goes on after it, and the counter is given three seconds more.

    Raises:
        ExplainingError: the one that fits, see `warmup.explaining.errors`; `.usage` tells what was spent all the same.
    """
    facts = read_facts(comparison)
    offline = explain_offline(facts, comparison.data_hash)
    if explainer.asker is None:
        return Explained(make_bundle(comparison, facts, offline))
    answer, usage = explainer.asker.ask(comparison, facts, deadline)
    if answer is None:
        return Explained(make_bundle(comparison, facts, offline, fallback=True), usage)
    author = (explainer.settings.provider, explainer.settings.model)
    return Explained(make_bundle(comparison, facts, answer, model=author), usage)


def _model(settings: ExplainerSettings, secrets: Secrets) -> Model:
    if settings.provider == "bedrock":
        return BedrockModel(settings.model, max_output_tokens=settings.max_output_tokens, timeout_s=settings.timeout_s)

    def key() -> str:
        return secrets.current(settings.secret_ref) if settings.secret_ref else ""

    return OpenAIModel(settings.url, settings.model, key=key, max_output_tokens=settings.max_output_tokens)
