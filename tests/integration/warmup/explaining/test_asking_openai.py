"""An OpenAI-compatible server over real HTTP: how it is asked, and what becomes of whatever it answers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.warmup.explaining.conftest import KEY, NOTHING, PRICES, Counter, MakeExplainer
from tests.support.models import Asked, Fails, ModelServer, Says, good
from tests.support.search_interest import comparison
from warmup.explaining.bundle import FALLBACK, FROM_MODEL
from warmup.explaining.contract import SCHEMA
from warmup.explaining.errors import ExplainerRefused
from warmup.explaining.explain import explain

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
