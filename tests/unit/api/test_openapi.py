"""The API's description is valid and says what the door does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.catalogue import Catalogue
from api.domains import DOMAINS
from api.door import all_routes
from tests.support.door import Caller


@pytest.fixture
def description(call: Caller) -> dict[str, Any]:
    described: dict[str, Any] = call("GET", "/openapi.json").body
    return described


def test_it_is_valid(description: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(description).validate()


def test_the_description_of_the_real_domains_is_valid_and_complete() -> None:
    jobs = [job for domain in DOMAINS for job in domain.JOBS]
    catalogue = Catalogue.read(jobs, json.dumps({job.name: {"function": "f"} for job in jobs}))
    routes = all_routes(catalogue, DOMAINS)
    description: Any = next(route for route in routes if route.path == "/openapi.json").answer(None)  # type: ignore[arg-type]

    OpenAPIV31SpecValidator(description).validate()
    described = {(method, path) for path, methods in description["paths"].items() for method in methods}
    assert described == {(route.method.lower(), route.path) for route in routes}
    assert {f"/api/jobs/{job.name}" for job in jobs} <= description["paths"].keys()


def test_operations_have_names_of_their_own(description: dict[str, Any]) -> None:
    names = [operation["operationId"] for path in description["paths"].values() for operation in path.values()]

    assert len(names) == len(set(names))


def test_a_trigger_says_what_it_takes_and_answers(description: dict[str, Any]) -> None:
    operation = description["paths"]["/api/jobs/tidy-up"]["post"]

    body = operation["requestBody"]
    assert body["required"] is False
    schema = body["content"]["application/json"]["schema"]
    assert schema["properties"]["limit"]["maximum"] == 500
    assert schema["additionalProperties"] is False
    assert {"200", "202", "400", "401", "409", "413", "415", "422", "429", "503"} <= operation["responses"].keys()
    assert operation["security"] == [{"jobSecret": []}]
    assert [parameter["$ref"].rpartition("/")[2] for parameter in operation["parameters"]] == [
        "IdempotencyKey",
        "Prefer",
    ]


def test_a_lock_named_after_data_needs_its_parameter(description: dict[str, Any], call: Caller) -> None:
    body = description["paths"]["/api/jobs/warm-one"]["post"]["requestBody"]

    assert body["content"]["application/json"]["schema"]["required"] == ["shelf"]
    assert description["paths"]["/api/jobs/warm-one"]["post"]["security"] == [{"jobSecret": []}, {"warmupSecret": []}]


def test_a_read_says_who_may_ask(description: dict[str, Any]) -> None:
    operation = description["paths"]["/api/jobs/{job}/runs"]["get"]

    assert operation["security"] == [{"jobSecret": []}, {"bearer": []}, {"readSecret": []}]
    assert {parameter["name"] for parameter in operation["parameters"]} == {
        "job",
        "limit",
        "cursor",
        "status",
        "trigger",
    }
    assert description["paths"]["/healthz"]["get"]["security"] == []
