"""Bedrock by the real boto3 client, against a double that stands in for AWS.

No test may call AWS, and moto has no models. What the double sends follows the service model that botocore ships,
which also checks every request.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest

from tests.integration.warmup.explaining.conftest import NOTHING, PRICES, Counter, MakeExplainer
from tests.support.models import Fails, Hangs, HangsUp, ModelServer, Says, good
from tests.support.search_interest import comparison
from warmup.explaining.contract import SCHEMA
from warmup.explaining.errors import ExplainerRefused, ExplainerUnavailable
from warmup.explaining.explain import explain

COMPARISON = comparison()
COST = PRICES.cost(900, 300)


@pytest.fixture(autouse=True)
def bedrock(models: ModelServer, counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", models.url)


def refused(code: str, status: int) -> Fails:
    return Fails(status, {"x-amzn-ErrorType": code}, {"message": "no"})


@pytest.fixture
def older_boto3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A boto3 from before Bedrock's schemas: the same service model without them."""
    described = (
        botocore.session.get_session().get_component("data_loader").load_service_model("bedrock-runtime", "service-2")
    )
    del described["shapes"]["ConverseRequest"]["members"]["outputConfig"]
    folder = tmp_path / "bedrock-runtime" / "2023-09-30"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(described))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def test_an_answer_by_schema(models: ModelServer, make: MakeExplainer, counter: Counter, soon: float) -> None:
    explained = explain(COMPARISON, make("bedrock", max_output_tokens=777), deadline=soon)

    assert (explained.bundle["provider"], explained.bundle["model"]) == ("bedrock", "amazon.nova-lite-v1:0")
    assert [len(term["peaks"]) for term in explained.bundle["terms"]] == [2, 1]
    [asked] = models.asked
    assert asked.path == "/model/amazon.nova-lite-v1:0/converse"
    assert asked.body["inferenceConfig"] == {"maxTokens": 777}
    form = asked.body["outputConfig"]["textFormat"]
    assert (form["type"], json.loads(form["structure"]["jsonSchema"]["schema"])) == ("json_schema", SCHEMA)
    assert "toolConfig" not in asked.body
    assert (explained.usage.cost_usd, counter.spent_usd) == (COST, COST)


def test_an_older_boto3_forces_a_tool_call(
    older_boto3: None, models: ModelServer, make: MakeExplainer, soon: float
) -> None:
    bundle = explain(COMPARISON, make("bedrock"), deadline=soon).bundle

    assert bundle["provider"] == "bedrock"
    [asked] = models.asked
    assert "outputConfig" not in asked.body
    [tool] = asked.body["toolConfig"]["tools"]
    assert tool["toolSpec"]["inputSchema"]["json"] == SCHEMA
    assert asked.body["toolConfig"]["toolChoice"] == {"any": {}}


def test_a_model_without_schemas_is_forced_to_call_a_tool_from_then_on(
    models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    models.answers = [refused("ValidationException", 400)]
    explainer = make("bedrock")

    for _ in range(2):
        assert explain(COMPARISON, explainer, deadline=soon).bundle["provider"] == "bedrock"

    assert ["toolConfig" in asked.body for asked in models.asked] == [False, True, True]
    assert counter.spent_usd == 2 * COST


def test_a_broken_answer_gets_one_chance_to_be_corrected(models: ModelServer, make: MakeExplainer, soon: float) -> None:
    models.answers = [Says("Gladly! Here it comes.")]

    bundle = explain(COMPARISON, make("bedrock"), deadline=soon).bundle

    assert bundle["provider"] == "bedrock"
    assert "the answer must be one JSON object" in models.asked[1].instructions


@pytest.mark.parametrize(
    ("code", "status"),
    [("AccessDeniedException", 403), ("ResourceNotFoundException", 404), ("ExpiredTokenException", 403)],
)
def test_what_no_retry_can_help_is_not_retried(
    code: str, status: int, models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    models.always = refused(code, status)

    with pytest.raises(ExplainerRefused, match=rf"Bedrock answered with status {status} \({code}\)"):
        explain(COMPARISON, make("bedrock"), deadline=soon)

    assert (len(models.asked), counter.spent_usd, counter.reserved) == (1, NOTHING, 0)


def test_a_request_that_stays_invalid_is_refused(models: ModelServer, make: MakeExplainer, soon: float) -> None:
    models.always = refused("ValidationException", 400)

    with pytest.raises(ExplainerRefused, match="ValidationException"):
        explain(COMPARISON, make("bedrock"), deadline=soon)

    assert len(models.asked) == 2


@pytest.mark.parametrize(
    "failure",
    [refused("ThrottlingException", 429), refused("InternalServerException", 500), refused("SomethingNew", 503)],
    ids=lambda failure: failure.headers["x-amzn-ErrorType"],
)
def test_throttled_it_is_asked_again_by_our_retries_alone(
    failure: Fails, models: ModelServer, make: MakeExplainer, counter: Counter, soon: float, pauses: list[float]
) -> None:
    models.always = failure

    with pytest.raises(ExplainerUnavailable, match=f"status {failure.status}"):
        explain(COMPARISON, make("bedrock"), deadline=soon)

    # boto3 itself would have made more of it.
    assert (len(models.asked), pauses, counter.spent_usd) == (4, [0.5, 1, 2], NOTHING)


def test_the_wish_of_a_throttling_service_is_obeyed(
    models: ModelServer, make: MakeExplainer, soon: float, pauses: list[float]
) -> None:
    models.answers = [
        Fails(429, {"x-amzn-ErrorType": "ThrottlingException", "Retry-After": "3"}, {"message": "slowly"})
    ]

    explain(COMPARISON, make("bedrock"), deadline=soon)

    assert pauses == [3.5]


@pytest.mark.parametrize(
    "broken",
    [
        HangsUp(),
        Hangs(),
        Fails(200, body=b"<html>"),
        Fails(200, body={"output": 5}),
        Fails(200, body={"output": {"message": None}}),
        refused("ModelTimeoutException", 408),
    ],
    ids=["hangs up", "silent", "a page", "another type", "no message", "model timeout"],
)
def test_what_may_have_been_billed_is_counted_at_its_worst(
    broken: Any, models: ModelServer, make: MakeExplainer, counter: Counter, soon: float
) -> None:
    models.answers = [broken]

    explained = explain(COMPARISON, make("bedrock", timeout_s=1), deadline=soon)

    assert (explained.bundle["provider"], explained.usage.attempts) == ("bedrock", 2)
    assert counter.spent_usd == explained.usage.cost_usd > 2 * COST


def test_without_credentials_it_is_refused(make: MakeExplainer, soon: float, monkeypatch: pytest.MonkeyPatch) -> None:
    explainer = make("bedrock")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    with pytest.raises(ExplainerRefused, match=r"NoCredentialsError"):
        explain(COMPARISON, explainer, deadline=soon)


def test_good_answers_by_tool_are_the_same(
    older_boto3: None, models: ModelServer, make: MakeExplainer, soon: float
) -> None:
    models.always = Says(good)
    by_tool = explain(COMPARISON, make("bedrock"), deadline=soon).bundle
    by_schema = explain(COMPARISON, make("openai"), deadline=soon).bundle

    assert by_tool["terms"] == by_schema["terms"]
