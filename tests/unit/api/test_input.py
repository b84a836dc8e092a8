"""Input is read without trust: everything odd is a clean 4xx that names what is wrong."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.incoming import MAX_BODY_BYTES
from tests.support import door as support
from tests.support.door import Caller, event

JSON = {"Content-Type": "application/json"}


def test_values_are_parsed_and_defaults_filled_in(call: Caller) -> None:
    answer = call("POST", "/test/form", query={"word": "grün & co"}, body={"name": "a", "count": 3, "loud": True})

    assert answer.body["query"] == {"page": 1, "word": "grün & co"}
    assert answer.body["body"] == {"name": "a", "count": 3, "loud": True}


def test_every_wrong_field_is_named_at_once_with_what_would_be_right(call: Caller) -> None:
    answer = call("POST", "/test/form", query={"page": 10, "pgae": 1}, body={"count": 6, "nmae": "x", "loud": "very"})

    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.fields == {"page", "pgae", "count", "name", "nmae", "loud"}
    assert "page must be a whole number from 1 to 9" in answer.text
    assert "name is missing" in answer.text
    assert "known: page, word" in answer.text


def test_a_problem_has_the_members_of_rfc_9457(call: Caller) -> None:
    assert call("POST", "/test/form").body == {
        "type": "/docs/problems.md#invalid-input",
        "title": "Values are wrong",
        "status": 422,
        "detail": "the input is not valid",
        "instance": "/test/form",
        "requestId": "request-1",
        "errors": [{"field": "name", "detail": "name is missing"}],
    }


def test_many_problems_are_cut_short(call: Caller) -> None:
    answer = call("POST", "/test/form", body={f"x{n}": 1 for n in range(1000)})

    assert answer.status == 422
    assert len(answer.body["errors"]) == 51
    assert answer.body["errors"][-1] == {"detail": "951 more are not shown"}


@pytest.mark.parametrize(
    "body",
    [
        "{", "nonsense", "[]", "5", "null", '"text"', " ",
        '{"name": NaN}', '{"name": Infinity}', '{"name": "a", "name": "b"}',
        "[" * 60_000, '{"name": ' + "9" * 5000 + "}", "\ud800", "{'name': 1}", "\ufeff{}", '{"a": ' * 9000,
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_a_400(call: Caller, body: str) -> None:
    assert call("POST", "/test/form", JSON, body=body).status == 400


@pytest.mark.parametrize(
    "body", [{"name": "\ud800"}, {"name": "a\x00b"}, {"name": 5}, {"name": []}, {"name": {"a": 1}}, {"name": "\u202e"}]
)
def test_a_value_that_is_no_plain_text_is_a_422(call: Caller, body: Any) -> None:
    assert call("POST", "/test/form", body=body).fields == {"name"}


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "application/jsonx"],
)
def test_another_content_type_is_a_415(call: Caller, content_type: str) -> None:
    answer = call("POST", "/test/form", {"Content-Type": content_type}, body='{"name": "a"}')

    assert answer.status == 415
    assert "application/json" in answer.body["detail"]


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_in_utf_8_is_taken(call: Caller, content_type: str) -> None:
    assert call("POST", "/test/form", {"content-TYPE": content_type}, body='{"name": "ä"}').status == 200


def test_no_body_needs_no_content_type(call: Caller) -> None:
    assert call("POST", "/test/job", support.AS_JOB, body="").status == 200
    assert call("POST", "/test/job", {**support.AS_JOB, "Content-Type": "text/plain"}).status == 200


def _base64(content: bytes, name: str = "/test/form") -> dict[str, Any]:
    return {**event("POST", name, JSON, body=base64.b64encode(content).decode()), "isBase64Encoded": True}


def test_a_base64_body_is_decoded(call: Caller) -> None:
    assert call.send(_base64(b'{"name": "a"}')).status == 200
    assert call.send(_base64(b'{"name": "\xff"}')).status == 400
    assert call.send({**_base64(b"{}"), "body": "not base64!"}).status == 400
    assert call.send({**_base64(b"{}"), "body": "ä"}).status == 400


def test_a_body_over_the_limit_is_a_413(call: Caller) -> None:
    def filled(size: int) -> str:
        return json.dumps({"name": "a"}) + " " * (size - len(json.dumps({"name": "a"})))

    assert call("POST", "/test/form", JSON, body=filled(MAX_BODY_BYTES)).status == 200
    assert call("POST", "/test/form", JSON, body=filled(MAX_BODY_BYTES + 1)).status == 413
    assert call("POST", "/test/form", JSON, body=filled(5_000_000)).status == 413
    assert call("POST", "/test/form", JSON, body='{"name": "' + "ä" * (MAX_BODY_BYTES // 2) + '"}').status == 413
    assert call.send(_base64(filled(MAX_BODY_BYTES).encode())).status == 200
    assert call.send(_base64(filled(MAX_BODY_BYTES + 1).encode())).status == 413


@pytest.mark.parametrize(
    "query", ["page=1&page=2", "page=%FF", "&".join(f"a{n}=1" for n in range(51)), "page=1&p%61ge=1"]
)
def test_a_query_that_can_be_read_in_two_ways_is_a_400(call: Caller, query: str) -> None:
    assert call("POST", "/test/form", body={"name": "a"}, query=query).status == 400


@pytest.mark.parametrize("query", ["page=", "page", "page=1.0", "page=+1", "page=%31%30", "=1", "x=1", "%00=1"])
def test_a_query_with_wrong_values_is_a_422(call: Caller, query: str) -> None:
    assert call("POST", "/test/form", body={"name": "a"}, query=query).status == 422


@pytest.mark.parametrize(
    "raw", [{}, [], None, "x", {"requestContext": []}, {"rawPath": 5, "requestContext": {"http": 5}}]
)
def test_what_is_no_http_event_is_a_404(call: Caller, raw: Any) -> None:
    answer = call.send(raw)

    assert answer.status == 404
    assert answer.headers["X-Request-Id"] == "fallback"


_TEXT = st.text(max_size=30)
_NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_PATHS = st.sampled_from(
    ["/test/form", "/test/webhook", "/api/jobs/tidy-up/runs", "/api/locks/x/force-release", "/openapi.json"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS"]) | _TEXT,
    path=_PATHS | _TEXT.map(lambda text: f"/test/items/{text}") | _TEXT,
    query=_TEXT | st.dictionaries(_TEXT, _TEXT, max_size=3),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "x-job-secret", "authorization", "prefer", "idempotency-key"]) | _TEXT,
        _TEXT | st.just("application/json"), max_size=5,
    ),
    body=_TEXT | _NESTED.map(json.dumps) | st.dictionaries(st.sampled_from(["name", "count", "secret"]), _NESTED),
    is_base64=st.booleans(),
)  # fmt: skip
def test_nothing_that_a_stranger_sends_breaks_the_door(  # noqa: PLR0917
    call: Caller,
    method: str,
    path: str,
    query: Any,
    headers: dict[str, str],
    body: Any,
    is_base64: bool,
) -> None:
    query = query if isinstance(query, str) else "&".join(f"{name}={value}" for name, value in query.items())

    answer = call.send({**event(method, path, headers, body=body, query=query), "isBase64Encoded": is_base64})

    assert answer.status < 500
    assert answer.text.isascii()
    assert all(isinstance(value, str) for value in answer.headers.values())
