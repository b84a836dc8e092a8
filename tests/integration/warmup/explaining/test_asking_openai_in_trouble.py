"""An OpenAI-compatible server that refuses, fails, is gone or takes its time: what is retried, and what it costs."""

from __future__ import annotations

import dataclasses
import json
import socket
import time
from typing import Any

import pytest

from tests.integration.warmup.explaining.conftest import KEY, NOTHING, PRICES, Counter, MakeExplainer
from tests.support.models import Fails, Hangs, HangsUp, ModelServer, Says, Trickles, good
from tests.support.search_interest import comparison
from warmup.explaining.calling import Model, Reply
from warmup.explaining.errors import ExplainerRefused, ExplainerUnavailable, OutOfTime
from warmup.explaining.explain import explain
from warmup.explaining.prompt import Prompt

COMPARISON = comparison()
# What the double says it has counted.
COST = PRICES.cost(900, 300)


@pytest.mark.parametrize("status", [401, 402, 403, 404, 422, 301])
def test_what_no_retry_can_help_is_not_retried(
    status: int, models: ModelServer, make: MakeExplainer, counter: Counter, soon: float, pauses: list[float]
) -> None:
    models.always = Fails(status, {"Location": f"{models.url}/elsewhere"}, {"error": {"code": "no_such_model"}})

    with pytest.raises(ExplainerRefused, match=rf"status {status} \(no_such_model\)"):
        explain(COMPARISON, make(), deadline=soon)

    assert (len(models.asked), pauses, counter.spent_usd, counter.reserved) == (1, [], NOTHING, 0)


def test_a_429_for_an_empty_account_is_not_retried(models: ModelServer, make: MakeExplainer, soon: float) -> None:
    models.always = Fails(429, body={"error": {"code": "insufficient_quota", "message": KEY}})

    with pytest.raises(ExplainerRefused) as caught:
        explain(COMPARISON, make(), deadline=soon)

    assert len(models.asked) == 1
    assert KEY not in str(caught.value)


def test_a_429_is_retried_when_the_server_wants_it(
    models: ModelServer, make: MakeExplainer, counter: Counter, soon: float, pauses: list[float]
) -> None:
    models.answers = [Fails(429, {"Retry-After": "7"}), Fails(429)]

    explained = explain(COMPARISON, make(), deadline=soon)

    # Half of the first pause's jitter after the seven seconds; the second has no wish but twice the jitter.
    assert pauses == [7.5, 1.0]
    assert explained.usage.attempts == 3
    assert counter.spent_usd == explained.usage.cost_usd == COST


def test_a_wish_beyond_the_deadline_ends_it_at_once(
    models: ModelServer, make: MakeExplainer, soon: float, pauses: list[float]
) -> None:
    models.always = Fails(429, {"Retry-After": "61"})

    with pytest.raises(ExplainerUnavailable, match="status 429"):
        explain(COMPARISON, make(), deadline=soon)

    assert (len(models.asked), pauses) == (1, [])


@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_a_server_that_keeps_failing_is_asked_four_times(
    status: int, models: ModelServer, make: MakeExplainer, counter: Counter, soon: float, pauses: list[float]
) -> None:
    models.always = Fails(status)

    with pytest.raises(ExplainerUnavailable, match=f"status {status}") as caught:
        explain(COMPARISON, make(), deadline=soon)

    assert len(models.asked) == caught.value.usage.attempts == 4
    assert pauses == [0.5, 1, 2]
    assert (counter.spent_usd, counter.reserved) == (NOTHING, 0)


@pytest.mark.parametrize("status", [408, 424, 504])
def test_a_failure_in_which_the_model_may_have_worked_is_counted_at_its_worst(
    status: int, models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    models.answers = [Fails(status)]

    usage = explain(COMPARISON, make(), deadline=soon).usage

    assert usage.cost_usd > 2 * COST
    assert counter.spent_usd == usage.cost_usd


@pytest.mark.parametrize(
    "broken",
    [
        HangsUp(),
        Fails(200, body=b"<html>hello</html>"),
        Fails(200, body={"error": {"code": 500}}),
        Says(good, padding=600_000),
    ],
    ids=["hangs up", "a page", "an error with status 200", "an endless answer"],
)
def test_an_answer_that_is_none_is_retried_and_counted_at_its_worst(
    broken: Any, models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    models.answers = [broken]

    explained = explain(COMPARISON, make(), deadline=soon)

    assert explained.bundle["provider"] == "openai"
    assert explained.usage.attempts == 2
    assert counter.spent_usd == explained.usage.cost_usd > 2 * COST


def test_nobody_there_costs_nothing(make: MakeExplainer, counter: Counter, soon: float, models: ModelServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    models.url = f"http://127.0.0.1:{port}"

    with pytest.raises(ExplainerUnavailable, match="ConnectError"):
        explain(COMPARISON, make(), deadline=soon)

    assert (counter.calls, counter.spent_usd) == (4, NOTHING)


@pytest.mark.parametrize("counted", [None, "900", -1, True, 10**12])
def test_tokens_that_are_not_told_are_taken_at_their_worst(
    counted: Any, models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    models.always = Says(good, input_tokens=counted, output_tokens=counted)

    usage = explain(COMPARISON, make(max_output_tokens=1000), deadline=soon).usage

    # No tokenizer makes more tokens of a request than it has bytes.
    assert usage.input_tokens > len(json.dumps(models.asked[0].body)) > 2000
    assert usage.output_tokens == 1000
    assert counter.spent_usd == usage.cost_usd == PRICES.cost(usage.input_tokens, 1000)


class TimedModel:
    """A model that remembers how long its calls may take."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.timeouts: list[float] = []

    def ask(self, prompt: Prompt, timeout_s: float) -> Reply:
        self.timeouts.append(timeout_s)
        return self._model.ask(prompt, timeout_s)

    def close(self) -> None:
        self._model.close()


@pytest.mark.parametrize("slow", [Hangs(), Trickles()], ids=["silent", "a byte at a time"])
def test_the_deadline_cuts_a_call(slow: Any, models: ModelServer, make: MakeExplainer, counter: Counter) -> None:
    models.always = slow
    explainer = make()
    assert explainer.asker is not None
    model = TimedModel(explainer.asker.model)
    explainer = dataclasses.replace(explainer, asker=dataclasses.replace(explainer.asker, model=model))

    with pytest.raises(OutOfTime, match=r"in time|no complete answer"):
        explain(COMPARISON, explainer, deadline=time.monotonic() + 0.8)

    [timeout_s] = model.timeouts
    assert timeout_s <= 0.8
    assert len(models.asked) == 1
    # It may have been answered, and billed, where nobody listens any more.
    assert counter.spent_usd > COST


def test_a_slow_answer_is_given_up_and_asked_for_again(models: ModelServer, make: MakeExplainer, soon: float) -> None:
    models.answers = [Hangs()]

    explained = explain(COMPARISON, make(timeout_s=1), deadline=soon)

    assert (explained.bundle["provider"], explained.usage.attempts) == ("openai", 2)


def test_without_time_nobody_is_asked(models: ModelServer, make: MakeExplainer, counter: Counter) -> None:
    with pytest.raises(OutOfTime, match="no time left"):
        explain(COMPARISON, make(), deadline=time.monotonic())

    assert (models.asked, counter.items()) == ([], [])


def test_the_patience_ends_before_a_far_deadline(models: ModelServer, make: MakeExplainer, soon: float) -> None:
    models.always = Fails(503, {"Retry-After": "3"})

    with pytest.raises(ExplainerUnavailable, match="status 503"):
        explain(COMPARISON, make(retries={"patience_s": 3.0}), deadline=soon)

    assert len(models.asked) == 1
