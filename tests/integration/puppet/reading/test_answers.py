"""What the routes answer is what the API's description says, whether there is much to tell or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from puppet.routes import ROUTES
from tests.integration.puppet.reading.history import History
from tests.support.door import AS_ADMIN, AS_READER, Caller

OURS = [route for route in ROUTES if "callback" not in route.path]


def problems(schema: Any, answer: Any) -> list[str]:
    found = OAS31Validator(_closed(schema), format_checker=oas31_format_checker).iter_errors(answer)
    return [f"{error.json_path}: {error.message}" for error in found]


def _closed(schema: Any) -> Any:
    """The schema, with nothing beside what it names: what is answered and not described is noticed."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _closed(each) for name, each in schema.items()}
    is_named = isinstance(schema.get("properties"), dict) and "required" in schema
    return {**inner, "additionalProperties": False} if is_named else inner


def fill(history: History, call: Caller) -> None:
    history.attempt(count=20)
    history.failure("rate_limit", error="429 for 3 profiles", count=3)
    history.attempt(outcome="refused", batch_id=None)
    history.processor()
    history.job(count=2)
    history.job(status="running")
    history.job(due="-1 hour")
    call("PUT", "/api/cron/config", {**AS_ADMIN, "If-Match": '"0"'}, body={"preset": "large"})
    call("POST", "/api/cron/trigger", AS_ADMIN)
    call("POST", "/api/cron/stop", AS_ADMIN)


@pytest.mark.parametrize("filled", [False, True], ids=["nothing", "much"])
@pytest.mark.parametrize("route", [r for r in OURS if r.method == "GET"], ids=lambda route: route.path)
@pytest.mark.usefixtures("invoked")
def test_reads_answer_as_described(route: Any, filled: bool, call: Caller, history: History) -> None:
    if filled:
        fill(history, call)
    answer = call("GET", route.path, AS_READER)
    assert answer.status in (200, 503), answer.text
    assert problems(route.schema, answer.body) == []


@pytest.mark.parametrize("route", [r for r in OURS if r.method != "GET"], ids=lambda route: route.path)
def test_writes_answer_as_described(route: Any, call: Caller) -> None:
    body = {"preset": "small"} if route.body else None
    answer = call(route.method, route.path, {**AS_ADMIN, "If-Match": '"0"'}, body=body)
    assert answer.status == 200, answer.text
    assert problems(route.schema, answer.body) == []


def test_the_description_says_that_a_change_needs_its_version(call: Caller) -> None:
    change = call("GET", "/openapi.json").body["paths"]["/api/cron/config"]["put"]
    assert {"$ref": "#/components/parameters/IfMatch"} in change["parameters"]
    assert {"412", "422", "428"} <= change["responses"].keys()
    properties = change["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert properties["preset"]["enum"] == ["small", "medium", "large", "deployed"]
    assert (properties["maxRetries"]["minimum"], properties["maxRetries"]["maximum"]) == (0, 20)


def test_the_description_says_what_a_span_may_be(call: Caller) -> None:
    asked = call("GET", "/openapi.json").body["paths"]["/api/cron/insights"]["get"]["parameters"]
    # Headers that many routes take are described in one place.
    own = [parameter for parameter in asked if "$ref" not in parameter]
    assert [parameter["name"] for parameter in own] == ["from", "to", "jobType", "userId", "zone", "top"]
    assert own[0]["schema"]["format"] == "date-time"
