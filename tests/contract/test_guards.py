"""Nobody gets in but by a guard: the template has one door, and every route behind it is on a written list."""

from __future__ import annotations

import ast
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.door import Door
from api.guards import openers
from api.settings import ApiSettings
from deploy import describe
from deploy.translated import Template
from nightshift.platform import Platform, PlatformSettings
from nightshift.routes import Guard, Route
from nightshift.secrets import Secrets
from tests.support.door import Caller

ROOT = Path(__file__).parents[2]
WRITTEN = Path(__file__).with_name("guards.txt")
NAMES = ("job", "admin", "read", "warmup", "webhook", "session")
# How each secret is shown.
SHOWN: Mapping[str, Callable[[str], Mapping[str, str]]] = {
    "job": lambda secret: {"X-Job-Secret": secret},
    "admin": lambda secret: {"Authorization": f"Bearer {secret}"},
    "read": lambda secret: {"X-Read-Secret": secret},
    "warmup": lambda secret: {"X-Warmup-Secret": secret},
    "webhook": lambda secret: {"X-Webhook-Secret": secret},
}
# Where secrets, tokens and signatures are compared.
COMPARING = (
    "functions/api/guards.py",
    "functions/api/sessions.py",
    "functions/puppet/signing.py",
    "layers/nightshift/nightshift/delivery/unsubscribe.py",
)
_SECRET_NAMES = re.compile(r"secret|signature|token|digest|mac|credential|shown|value", re.IGNORECASE)


class Store:
    """An SSM that holds the values of each secret, the oldest first."""

    exceptions = SimpleNamespace(ParameterVersionNotFound=KeyError, ParameterNotFound=KeyError)

    def __init__(self) -> None:
        self.values = {name: [f"an old {name} value", f"the present {name} value"] for name in NAMES}

    def get_parameter(self, Name: str, WithDecryption: bool) -> Mapping[str, Any]:  # noqa: N803  # boto3's names
        assert WithDecryption
        name, _, version = Name.partition(":")
        values = self.values[name]
        number = int(version) if version else len(values)
        return {"Parameter": {"Value": values[number - 1], "Version": number}}


def _caller(store: Store, without: Sequence[str] = ()) -> Caller:
    """Calls a door of all domains; behind its guards there is nothing to ask."""
    platform = Platform(PlatformSettings("no-table", "postgresql://nobody@127.0.0.1:1/none", "", "", "", ""))
    vars(platform)["secrets"] = Secrets(lambda _service: store)
    references = {f"{name}_secret_ref": "" if name in without else f"ssm:{name}" for name in NAMES}
    return Caller(Door(platform, ApiSettings(describe.JOBS, **references)))


def _path(route: Route) -> str:
    """A path that the route answers."""
    return re.sub(r"\{\w+\}", "x", route.path)


ROUTES = describe.routes()
GUARDED = [route for route in ROUTES if route.guard is not Guard.OPEN]
JOBS = sorted(json.loads(describe.JOBS), key=len, reverse=True)


def _listed(route: Route) -> str:
    """A route as the list has it: pages that every job has, are there once."""
    path = re.sub(rf"(?<=^/jobs/)(?:{'|'.join(JOBS)})(?=/|$)", "*", route.path)
    return f"{route.guard.value:8}{route.method:5}{path}"


def test_every_route_has_the_guard_that_is_written_down_for_it() -> None:
    written = [line for line in WRITTEN.read_text("utf-8").splitlines() if line and not line.startswith("#")]

    assert sorted({_listed(route) for route in ROUTES}) == sorted(line.partition("  #")[0].rstrip() for line in written)


def test_every_open_route_says_why() -> None:
    for line in WRITTEN.read_text("utf-8").splitlines():
        assert not line.startswith("open ") or "  # " in line, line


def test_the_template_has_one_way_in(written: Template) -> None:
    events = {
        (name, event["Properties"]["Path"])
        for name, resource in written["Resources"].items()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] in ("Api", "HttpApi")
    }
    assert events == {("ApiFunction", "/"), ("ApiFunction", "/{proxy+}")}


def test_no_other_function_can_be_called_from_outside(translated: Template) -> None:
    kinds = [resource["Type"] for resource in translated["Resources"].values()]
    callers = {
        json.dumps(resource["Properties"]["FunctionName"]): resource["Properties"]["Principal"]
        for resource in translated["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Permission"
    }
    from_http = {function for function, principal in callers.items() if principal == "apigateway.amazonaws.com"}

    assert from_http == {'{"Ref": "ApiFunction"}'}
    assert "*" not in callers.values()
    assert not {"AWS::Lambda::Url", "AWS::ApiGateway::RestApi"} & set(kinds)
    assert kinds.count("AWS::ApiGatewayV2::Api") == 1


def test_the_deployed_door_has_a_secret_for_every_guard(written: Template) -> None:
    variables = written["Resources"]["ApiFunction"]["Properties"]["Environment"]["Variables"]

    for name in NAMES:
        assert f"{name.upper()}_SECRET_REF" in variables


@pytest.mark.parametrize("proof", [{}, {"X-Job-Secret": "wrong"}, {"Authorization": "Bearer wrong"}, {"Cookie": "a=b"}])
def test_no_guarded_route_lets_a_stranger_in(proof: dict[str, str]) -> None:
    call = _caller(Store())

    found = {f"{route.method} {route.path}": call(route.method, _path(route), proof).status for route in GUARDED}
    assert {name: status for name, status in found.items() if status != 401} == {}


def test_a_guard_without_a_secret_is_closed_and_not_open() -> None:
    call = _caller(Store(), without=NAMES)

    for proof in ({}, {"X-Job-Secret": ""}, {"X-Job-Secret": "anything"}):
        found = {f"{route.method} {route.path}": call(route.method, _path(route), proof).status for route in GUARDED}
        assert {name: status for name, status in found.items() if status != 503} == {}


@pytest.mark.parametrize(("method", "guard"), sorted({(route.method, route.guard) for route in GUARDED}))
def test_each_secret_opens_its_guards_by_its_present_and_its_previous_value_alone(method: str, guard: Guard) -> None:
    route = next(route for route in GUARDED if route.guard is guard and route.method == method)
    store = Store()
    store.values = {name: [f"the oldest {name}", *values] for name, values in store.values.items()}
    call, allowed = _caller(store), openers(guard, is_read=method == "GET")

    for name, show in SHOWN.items():
        oldest, previous, present = store.values[name]
        # What is let in, finds neither a database nor its input behind the guard.
        let_in = [call(route.method, _path(route), show(value)).status != 401 for value in (oldest, previous, present)]
        assert let_in == [False, name in allowed, name in allowed], name


def test_an_attempt_is_compared_with_every_value_whichever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    store, compared = Store(), []
    compare = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return compare(one, other)

    call = _caller(store)
    monkeypatch.setattr("api.guards.hmac.compare_digest", counting)
    counts = []
    for shown in ("the present admin value", "an old admin value", "wrong", "x" * 5000, ""):
        compared.clear()
        call("GET", "/api/jobs", {"Authorization": f"Bearer {shown}"})
        counts.append(len(compared))
        assert {length for pair in compared for length in pair} <= {32}

    # The admin's two values and the reader's two; an empty token is none.
    assert counts == [4, 4, 4, 4, 0]


@pytest.mark.parametrize("file", COMPARING)
def test_secrets_are_compared_in_constant_time(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    compared = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops)
    ]

    assert "hmac.compare_digest(" in ast.unparse(tree)
    assert [text for text in compared if _SECRET_NAMES.search(text)] == []
