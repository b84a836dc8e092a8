"""Every parameter of every route of the real door with values that break readers: a 4xx that names it, never a 5xx.

One test for each kind of place, over all routes at once: setting up a door takes longer than a thousand questions.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from api.catalogue import Catalogue
from api.domains import DOMAINS
from api.door import all_routes
from nightshift import Choice, Flag, Integer, Text
from nightshift.parameters import Parameter
from nightshift.routes import Guard, Route
from tests.support.door import AS_JOB, Answer, Caller

# No number, no word of a list, no time, no cursor; a text at most.
NO_VALUE = [
    "\0", "-", "1e3", "0x10", "\u0661\u0662", "1_000", " 1", "1 ", "+1", "1.0", "9" * 30, "-" + "9" * 30, "NaN",
    "Infinity", "9223372036854775808", "true;", "TRUE", "null", "[]", "{}", "__proto__", "constructor", "__class__",
    "' OR 1=1 --",
    "1; DROP TABLE job_runs", "${jndi:ldap://x}", "{{7*7}}", "../../etc/passwd", "\r\nX-Injected: 1", "\u202e",
    "x" * 5000,
    "2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "+292277026596-12-04T15:30:08Z",
    "2026-11-22T25:00:00Z", "0001-01-01T00:00:00+23:59", "W10", "eyJhIjoxfQ",
]  # fmt: skip
NO_JSON_VALUE: list[Any] = [
    *NO_VALUE, True, False, 0, -1, 1.5, 1e308, -0.0, 2**31, 2**63, 2**64, -(2**63) - 1, 10**30, "", "\ud800", [], [1],
    {}, {"__proto__": 1}, {"$ne": None}, [[[[]]]], {"a": {"a": {}}}, "9" * 400,
]  # fmt: skip
NAMES = [
    "__proto__",
    "constructor",
    "prototype",
    "__class__",
    "toString",
    "limit[]",
    "limit[$gt]",
    "",
    "\u0131d",
    "x" * 500,
]
# For a placeholder: a number or a name, or a run.
THERE = ("1", "8e03978e-40d5-43dd-bc93-6894a57f9324")
_KNOWN = (Integer, Text, Choice, Flag)


@pytest.fixture(scope="module")
def routes() -> Sequence[Route]:
    """Every route of the real door."""
    jobs = {job.name: {"function": f"{job.name}-lambda"} for domain in DOMAINS for job in domain.JOBS}
    catalogue = Catalogue.read([job for domain in DOMAINS for job in domain.JOBS], json.dumps(jobs))
    return all_routes(catalogue, DOMAINS)


def refuses(parameter: Parameter, value: Any) -> bool:
    """Whether a value is outside of what is declared."""
    try:
        parameter.parse(value)
    except ValueError:
        return True
    return False


def concrete(route: Route, **values: str) -> str:
    """The path of a route, with values for its placeholders that could be there."""
    path = route.path
    for parameter in route.path_parameters:
        could_be = parameter.choices if isinstance(parameter, Choice) else THERE
        usual = next(value for value in could_be if not refuses(parameter, value))
        path = path.replace(f"{{{parameter.name}}}", quote(values.get(parameter.name, usual), safe=""))
    return path


def wrong(answer: Answer, asked: str, names: str = "") -> Iterator[str]:
    """What is wrong with a refusal."""
    told = f"{asked[:160]}: {answer.status}"
    if not 400 <= answer.status < 500:
        yield told
    elif not answer.headers["Content-Type"].startswith(("application/problem+json", "text/html")):
        yield f"{told}, {answer.headers['Content-Type']}"
    elif names and answer.body is not None and names not in answer.fields:
        yield f"{told} without naming {names}"


def test_in_the_query(real_call: Caller, routes: Sequence[Route]) -> None:
    faults: list[str] = []
    asked = 0
    for route in (each for each in routes if each.query):
        for parameter in route.query:
            # What is let in is asked of the database, what a page shows is drawn: of these a few are enough.
            taken = [value for value in NO_VALUE if not refuses(parameter, value)][3:]
            for value in (value for value in NO_VALUE[:: 5 if route.is_page else 1] if value not in taken):
                query = urlencode({parameter.name: value})
                answer = real_call(route.method, concrete(route), AS_JOB, query=query)
                asked += 1
                if refuses(parameter, value):
                    faults += wrong(answer, f"{route.method} {route.path}?{query}", parameter.name)
                elif answer.status >= 500 and "/health" not in route.path:
                    faults.append(f"{route.method} {route.path}?{query[:160]}: {answer.status}")
    assert faults == []
    assert asked > 1000


def _of_names(real_call: Caller, routes: Sequence[Route]) -> Iterator[str]:
    for route in routes:
        for name in NAMES[::3]:
            answer = real_call(route.method, concrete(route), AS_JOB, query=urlencode({name: "1"}))
            yield from wrong(answer, f"{route.method} {route.path}?{name[:20]}", name)
        for query in ("limit=%ff", "a=1&a=2", "&".join(f"a{n}=1" for n in range(60))):
            answer = real_call(route.method, concrete(route), AS_JOB, query=query)
            yield from wrong(answer, f"{route.method} {route.path}?{query[:20]}")


def _of_paths(real_call: Caller, routes: Sequence[Route]) -> Iterator[str]:
    for route in (each for each in routes if each.path_parameters):
        for parameter in route.path_parameters:
            for value in (value for value in NO_VALUE if value not in {".", ".."}):
                path = concrete(route, **{parameter.name: value})
                answer = real_call(route.method, path, AS_JOB)
                # What could be a name may be one of something that is not there, or lack what must be given.
                yield from wrong(answer, f"{route.method} {path}", parameter.name if refuses(parameter, value) else "")


def test_in_paths_and_in_names(real_call: Caller, routes: Sequence[Route]) -> None:
    assert [*_of_paths(real_call, routes), *_of_names(real_call, routes)] == []


def test_in_the_body(real_call: Caller, routes: Sequence[Route]) -> None:
    faults: list[str] = []
    asked = 0
    for route in (each for each in routes if each.body and not each.is_page):
        for parameter in route.body:
            for value in NO_JSON_VALUE:
                if not refuses(parameter, value):
                    continue
                headers = {**AS_JOB, "If-Match": "*"}
                answer = real_call(route.method, concrete(route), headers, body={parameter.name: value})
                asked += 1
                faults += wrong(answer, f"{route.method} {route.path} {{{parameter.name}: {value!r}}}", parameter.name)
    faults += _of_bodies(real_call, routes)
    assert faults == []
    assert asked > 500


RAW = [
    "null", "1", '"x"', "[]", "[{}]", "{", "{'a':1}", '{"a":1}}', '{"a":NaN}', '{"a":1e', "\ufeff{}", '{"a":"\x00"}',
    '{"a":1,"a":2}', '{"__proto__":{"a":1},"__proto__":2}', "[" * 30_000, '{"a":' * 9_000, "1" * 60_000, '{"\ud800":1}',
]  # fmt: skip


def _of_bodies(real_call: Caller, routes: Sequence[Route]) -> Iterator[str]:
    writing = [each for each in routes if each.method in ("POST", "PUT") and not each.ignores_body and not each.is_page]
    json_type = {**AS_JOB, "Content-Type": "application/json", "If-Match": "*"}
    for route in writing:
        where, path = f"{route.method} {route.path}", concrete(route)
        for raw in RAW:
            yield from wrong(real_call(route.method, path, json_type, body=raw), f"{where} {raw[:20]!r}")
        for name in NAMES:
            answer = real_call(route.method, path, json_type, body={name: 1})
            yield from wrong(answer, f"{where} {name[:20]}", name)
        large = real_call(route.method, path, json_type, body=json.dumps({"a": "x" * 70_000}))
        assert large.status == 413, where
        for kind in ("text/plain", "application/xml", "application/json; charset=utf-16", "multipart/form-data"):
            answer = real_call(route.method, path, {**AS_JOB, "Content-Type": kind}, body='{"a": 1}')
            assert answer.status in (404, 415), f"{where} {kind}: {answer.status}"
        for packed in ("!", base64.b64encode(b"\xff\xfe").decode()):
            sent = {"rawPath": path, "headers": json_type, "body": packed, "isBase64Encoded": True}
            answer = real_call.send({**sent, "requestContext": {"http": {"method": route.method}}})
            yield from wrong(answer, f"{where} base64 {packed}")
    assert len(writing) > 15


def test_every_kind_of_parameter_is_met_somewhere(routes: Sequence[Route]) -> None:
    """Or these tests would look at less than they say."""
    met = {type(each) for route in routes for each in (*route.query, *route.body, *route.path_parameters)}
    guarded = {route.guard for route in routes if route.query or route.body}

    assert set(_KNOWN) <= met
    assert {Guard.READ, Guard.ADMIN, Guard.WARMUP} <= guarded
