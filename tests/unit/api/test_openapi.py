"""What the API's description says of a route; that it is whole and right, is in tests/contract."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support.door import Caller


@pytest.fixture
def description(call: Caller) -> dict[str, Any]:
    described: dict[str, Any] = call("GET", "/openapi.json").body
    return described


def test_it_is_valid(description: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(description).validate()


def test_a_trigger_says_what_it_takes_and_answers(description: dict[str, Any]) -> None:
    operation = description["paths"]["/api/jobs/tidy-up"]["post"]

    body = operation["requestBody"]
    assert body["required"] is False
    schema = body["content"]["application/json"]["schema"]
    assert schema["properties"]["limit"]["maximum"] == 500
    assert schema["additionalProperties"] is False
    assert {"200", "202", "400", "401", "409", "413", "415", "422", "429", "503"} <= operation["responses"].keys()
    assert operation["security"] == [{"jobSecret": []}, {"session": []}]
    assert [parameter["$ref"].rpartition("/")[2] for parameter in operation["parameters"]] == [
        "IdempotencyKey",
        "Prefer",
    ]


def test_a_lock_named_after_data_needs_its_parameter(description: dict[str, Any], call: Caller) -> None:
    body = description["paths"]["/api/jobs/warm-one"]["post"]["requestBody"]

    assert body["content"]["application/json"]["schema"]["required"] == ["shelf"]
    assert description["paths"]["/api/jobs/warm-one"]["post"]["security"] == [
        {"jobSecret": []},
        {"session": []},
        {"warmupSecret": []},
    ]


def test_a_read_says_who_may_ask(description: dict[str, Any]) -> None:
    operation = description["paths"]["/api/jobs/{job}/runs"]["get"]

    assert operation["security"] == [
        {"jobSecret": []},
        {"session": []},
        {"bearer": []},
        {"readSecret": []},
    ]
    assert {parameter["name"] for parameter in operation["parameters"] if "name" in parameter} == {
        "job",
        "limit",
        "cursor",
        "status",
        "trigger",
    }
    assert description["paths"]["/healthz"]["get"]["security"] == []
