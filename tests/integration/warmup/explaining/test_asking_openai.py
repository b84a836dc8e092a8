"""An OpenAI-compatible server over real HTTP: how it is asked, and what becomes of whatever it answers."""

from __future__ import annotations

import dataclasses
import json
import socket
import time
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.warmup.explaining.conftest import KEY, NOTHING, PRICES, Counter, MakeExplainer
from tests.support.models import Asked, Fails, Hangs, HangsUp, ModelServer, Says, Trickles, good
from tests.support.search_interest import comparison
from warmup.explaining.bundle import FALLBACK, FROM_MODEL
from warmup.explaining.calling import Model, Reply
from warmup.explaining.contract import SCHEMA
from warmup.explaining.errors import ExplainerRefused, ExplainerUnavailable, OutOfTime
from warmup.explaining.explain import explain
from warmup.explaining.prompt import Prompt

COMPARISON = comparison()
# What the double says it has counted.
COST = PRICES.cost(900, 300)


def changed(**fields: Any) -> Says:
    """A good answer whose first meaning has other fields."""

    def answer(asked: Asked) -> dict[str, Any]:
        sound = good(asked)
        sound["first"]["meaning"] |= fields
        return sound

    return Says(answer)


def test_a_good_answer_becomes_a_bundle_that_names_its_author(
    models: ModelServer, make: MakeExplainer, soon: float
) -> None:
    explained = explain(COMPARISON, make(), deadline=soon)

    bundle = explained.bundle
    assert json.loads(json.dumps(bundle)) == bundle
    assert (bundle["provider"], bundle["model"], bundle["fallback"], bundle["note"]) == (
        "openai",
        "small-model",
        False,
        FROM_MODEL,
    )
    assert (bundle["dataHash"], bundle["version"]) == (COMPARISON.data_hash, "1")
    first = bundle["terms"][0]
    assert first["term"] == "iced tea"
    assert first["meaning"] == {
        "text": "This is a drink that people search for when the weather is right for it.",
        "confidence": 0.8,
        "guess": False,
    }
    assert [(peak["date"], peak["value"], peak["confidence"]) for peak in first["peaks"]] == [
        ("2024-01-21", 80, 0.4),
        ("2024-02-18", 60, 0.4),
    ]
    assert all(peak["guess"] and "guess" in peak["text"] for peak in first["peaks"])


def test_tokens_and_cost_are_those_of_the_answer(
    models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    usage = explain(COMPARISON, make(), deadline=soon).usage

    assert (usage.input_tokens, usage.output_tokens, usage.attempts) == (900, 300, 1)
    assert usage.cost_usd == COST == Decimal("0.00105")
    assert (counter.spent_usd, counter.reserved, counter.calls) == (COST, 0, 1)


def test_the_request_has_rules_apart_from_data_and_a_schema_and_no_tools(
    models: ModelServer, make: MakeExplainer, soon: float
) -> None:
    explain(COMPARISON, make(max_output_tokens=777), deadline=soon)

    [asked] = models.asked
    assert asked.path == "/v1/chat/completions"
    assert set(asked.body) == {"model", "messages", "response_format", "max_tokens"}
    assert asked.body["max_tokens"] == 777
    assert asked.body["response_format"]["json_schema"] == {"name": "explanations", "strict": True, "schema": SCHEMA}
    assert [message["role"] for message in asked.body["messages"]] == ["system", "user"]
    assert asked.data["first"]["peaks"] == [{"date": "2024-01-21", "value": 80}, {"date": "2024-02-18", "value": 60}]
    assert "iced tea" not in asked.instructions


def test_the_key_comes_from_its_secret_and_goes_into_the_header_alone(
    models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    reference = counter.create_secret(KEY)

    explain(COMPARISON, make(secret_ref=reference), deadline=soon)

    [asked] = models.asked
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in json.dumps(asked.body)


def test_without_a_secret_there_is_no_header(models: ModelServer, make: MakeExplainer, soon: float) -> None:
    explain(COMPARISON, make(), deadline=soon)

    assert "authorization" not in models.asked[0].headers


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_is_none_is_refused_without_showing_it(
    key: str, models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    reference = counter.create_secret(key)

    with pytest.raises(ExplainerRefused, match="the explainer's key is not one word") as caught:
        explain(COMPARISON, make(secret_ref=reference), deadline=soon)

    assert key not in str(caught.value)
    assert (len(models.asked), counter.spent_usd) == (0, NOTHING)


def test_a_secret_that_cannot_be_read_costs_nothing(
    models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    with pytest.raises(ExplainerRefused, match="secretsmanager:nowhere cannot be read"):
        explain(COMPARISON, make(secret_ref="secretsmanager:nowhere"), deadline=soon)

    assert (len(models.asked), counter.spent_usd, counter.reserved) == (0, NOTHING, 0)


BROKEN = {
    "no JSON": Says("I would love to explain this to you, but first"),
    "JSON with a fence": Says(lambda asked: f"```json\n{json.dumps(good(asked))}\n```"),
    "nothing": Says(""),
    "a list": Says([]),
    "a term missing": Says({"first": {}}),
    "cut off": Says(lambda asked: json.dumps(good(asked))[:-40], finish="length"),
    "empty text": changed(text="  \u200b "),
    "another language": changed(
        text="Das ist ein Getränk, nach dem die Leute im Sommer suchen und das man kalt trinkt."
    ),
    "a link": changed(text="This drink is best bought at https://evil.example/now, say people who know."),
    "markup": changed(text="This is a drink. <img src=x onerror=alert(1)> People search for it in the summer."),
    "a confidence in percent": changed(confidence=80),
    "more fields": changed(link="none"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_has_one_chance_to_be_corrected_then_the_figures_speak(
    name: str, models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    models.answers = [BROKEN[name], Says(good), BROKEN[name], BROKEN[name]]
    explainer = make()

    corrected, given_up = (explain(COMPARISON, explainer, deadline=soon) for _ in range(2))

    assert ["Your last answer was refused" in asked.instructions for asked in models.asked] == [
        False,
        True,
        False,
        True,
    ]
    assert all(asked.data == models.asked[0].data for asked in models.asked)
    assert (corrected.bundle["provider"], corrected.bundle["fallback"]) == ("openai", False)
    bundle = given_up.bundle
    assert (bundle["provider"], bundle["model"], bundle["fallback"], bundle["note"]) == (
        "offline",
        None,
        True,
        FALLBACK,
    )
    assert '"iced tea"' in bundle["terms"][0]["meaning"]["text"]
    assert "evil" not in json.dumps([bundle, corrected.bundle])
    assert corrected.usage == given_up.usage
    assert (corrected.usage.attempts, corrected.usage.cost_usd, counter.spent_usd) == (2, 2 * COST, 4 * COST)


def test_the_correction_tells_what_was_wrong(models: ModelServer, make: MakeExplainer, soon: float) -> None:
    models.answers = [changed(confidence=80, text="Buy now at www.evil.example, the best that you can get.")]

    explain(COMPARISON, make(), deadline=soon)

    told = models.asked[1].instructions
    assert "- first.meaning.text must hold no address of a page, site or person" in told
    assert "- first.meaning.confidence must be a number from 0 to 1" in told
    assert "evil" not in told


@pytest.mark.parametrize(
    ("peaks", "problem"),
    [
        ([("2024-01-28", 1)], "first.peaks[0].date must be the date of a given peak: 2024-01-21 or 2024-02-18"),
        ([("2024-01-21", 2)], "first.peaks[1].date is explained twice"),
        ([("2024-01-21", 1), ("2024-02-18", 1), ("2024-02-25", 2)], "first.peaks[2].date must be the date of a given"),
    ],
)
def test_only_given_peaks_are_explained_and_only_once(
    peaks: list[tuple[str, int]], problem: str, models: ModelServer, make: MakeExplainer, soon: float
) -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        sound = good(asked)
        one = sound["first"]["peaks"][0]
        sound["first"]["peaks"] = [{**one, "date": moment} for moment, count in peaks for _ in range(count)]
        return sound

    models.answers = [Says(answer)]

    explained = explain(COMPARISON, make(), deadline=soon)

    assert problem in models.asked[1].instructions
    assert [peak["date"] for peak in explained.bundle["terms"][0]["peaks"]] == ["2024-01-21", "2024-02-18"]


def test_a_peak_that_is_not_explained_is_left_out(models: ModelServer, make: MakeExplainer, soon: float) -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        sound = good(asked)
        del sound["first"]["peaks"][0]
        return sound

    models.always = Says(answer)

    bundle = explain(COMPARISON, make(), deadline=soon).bundle

    assert bundle["provider"] == "openai"
    assert [peak["date"] for peak in bundle["terms"][0]["peaks"]] == ["2024-02-18"]


def test_a_server_without_schemas_is_asked_for_an_object_from_then_on(
    models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    models.answers = [
        Fails(400, body={"error": {"message": "response_format json_schema is unknown", "type": "invalid"}})
    ]
    explainer = make()

    for _ in range(2):
        assert explain(COMPARISON, explainer, deadline=soon).bundle["provider"] == "openai"

    formats = [asked.body["response_format"]["type"] for asked in models.asked]
    assert formats == ["json_schema", "json_object", "json_object"]
    assert counter.spent_usd == 2 * COST


def test_a_model_that_knows_another_name_for_the_limit_gets_it(
    models: ModelServer, make: MakeExplainer, soon: float
) -> None:
    models.answers = [Fails(400, body={"error": {"param": "max_tokens", "code": "unsupported_parameter"}})]

    explain(COMPARISON, make(), deadline=soon)

    assert [name for asked in models.asked for name in asked.body if name.startswith("max_")] == [
        "max_tokens",
        "max_completion_tokens",
    ]
    assert models.asked[1].body["response_format"]["type"] == "json_schema"


def test_a_server_that_refuses_every_form_is_refused(
    models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    models.always = Fails(400, body={"error": {"param": "max_tokens", "code": "unsupported_parameter"}})

    with pytest.raises(
        ExplainerRefused, match=r"127.0.0.1 answered with status 400 \(unsupported_parameter\)"
    ) as caught:
        explain(COMPARISON, make(), deadline=soon)

    assert (len(models.asked), caught.value.usage.attempts, counter.spent_usd) == (3, 1, NOTHING)


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
