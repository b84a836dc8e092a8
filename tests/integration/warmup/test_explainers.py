"""Who explains may change: what another explainer made is made again, and a makeshift sooner than the real thing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.warmup.shelf import DAY_MS, Shelf
from tests.support.models import ModelServer, Says, model_server
from warmup import warm_explanations
from warmup.caching.entries import Entry
from warmup.caching.keys import EXPLANATIONS


@pytest.fixture(autouse=True)
def today(shelf: Shelf) -> None:
    """The handlers live by the real clock."""
    shelf.clock.ms = time.time_ns() // 1_000_000


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with model_server() as server:
        for name, value in {
            "EXPLAINER": "openai", "EXPLAINER_URL": f"{server.url}/v1", "EXPLAINER_MODEL": "gpt-4o-mini",
            "EXPLANATIONS_DAILY_BUDGET_USD": "5",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield server


def _warm() -> dict[str, Any]:
    return warm_explanations.handler({}, None)


def _entry(shelf: Shelf) -> Entry:
    entry = shelf.known("tea-vs-coffee").current(EXPLANATIONS, shelf.find("tea-vs-coffee"), shelf.clock.ms)
    assert entry
    return entry


@pytest.mark.parametrize(
    "made", [{"provider": "offline", "model": None}, {"provider": "openai", "model": "a-former-model"}]
)
def test_another_explainers_text_is_made_again_once(made: dict[str, Any], shelf: Shelf, model: ModelServer) -> None:
    shelf.cached(EXPLANATIONS, shelf.add("tea-vs-coffee"), age_days=1, fallback=False, **made)
    results = [_warm(), _warm()]

    assert [(each["processed"], each["metadata"]["skippedFresh"]) for each in results] == [(1, 0), (0, 1)]
    assert len(model.asked) == 1
    assert _entry(shelf).bundle()["model"] == "gpt-4o-mini"


def test_a_makeshift_is_fresh_for_a_day_at_most(shelf: Shelf, model: ModelServer) -> None:
    shelf.add("tea-vs-coffee")
    model.always = Says("no answer at all")
    results = [_warm(), _warm()]

    assert [(each["processed"], each["metadata"]["skippedFresh"]) for each in results] == [(1, 0), (0, 1)]
    entry = _entry(shelf)
    assert entry.bundle()["fallback"]
    assert 0 < entry.fresh_until_ms - entry.made_ms <= DAY_MS


def test_a_models_text_is_fresh_for_most_of_a_week(shelf: Shelf, model: ModelServer) -> None:
    shelf.add("tea-vs-coffee")
    _warm()
    entry = _entry(shelf)

    assert not entry.bundle()["fallback"]
    assert entry.fresh_until_ms - entry.made_ms > 6 * DAY_MS
