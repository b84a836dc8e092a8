"""The API's description: every route, valid, with examples that fit, and the same in code, file and answer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from api import openapi
from deploy import describe
from nightshift.problems import KINDS

ROOT = Path(__file__).parents[2]
FORMATS = FormatChecker(("date", "uuid", "date-time"))
Judge = Callable[[str, Any], list[str]]


@FORMATS.checks("date-time", raises=ValueError)  # type: ignore[untyped-decorator]
def _is_moment(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What the code says, without looking at the file of an earlier build."""
    made: dict[str, Any] = json.loads(describe.document())
    return made


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every operation: how people call it, what is said of it, and where in the document it stands."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation, f"/paths/{quote(_escaped(path))}/{method}"


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


@pytest.fixture(scope="module")
def wrong_with(document: dict[str, Any]) -> Judge:
    """Says what is wrong with an example, by the schema at a place of the document."""
    resource: Resource[Any] = Resource.from_contents(document, DRAFT202012)
    registry = Registry[Any]().with_resource("urn:api", resource).crawl()
    validator = Draft202012Validator({}, registry=registry, format_checker=FORMATS)

    def judge(pointer: str, example: Any) -> list[str]:
        placed = validator.evolve(schema={"$ref": f"urn:api#{pointer}"})
        return [f"{error.json_path}: {error.message}" for error in placed.iter_errors(example)]

    return judge


def _examples(document: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Every body and every successful answer in JSON: what it is, where its schema is, its example if there is one."""
    for name, operation, pointer in _operations(document):
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            place = f"{pointer}/requestBody/content/{_escaped(media_type)}/schema"
            yield f"{name}, body", place, content.get("example")
        for status in ("200", "202"):
            content = operation["responses"].get(status, {}).get("content", {}).get("application/json")
            if content is not None and not (content["schema"].get("description", "").startswith("The rows")):
                place = f"{pointer}/responses/{status}/content/application~1json/schema"
                yield f"{name}, {status}", place, content.get("example")


def test_it_is_valid_openapi(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"


def test_every_route_is_in_it_once(document: dict[str, Any]) -> None:
    assert sorted(name for name, _, _ in _operations(document)) == sorted(
        f"{route.method} {route.path}" for route in describe.routes()
    )


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation, _ in _operations(document)]

    assert len(names) == len(set(names))


def test_every_body_and_every_answer_has_an_example_that_fits(document: dict[str, Any], wrong_with: Judge) -> None:
    found = list(_examples(document))
    missing = [name for name, _, example in found if example is None]
    wrong = {name: said for name, place, example in found if (said := wrong_with(place, example))}

    assert not missing, "say it in the domain's examples.json"
    assert not wrong
    assert len(found) > 60


def test_every_value_of_a_parameter_has_an_example_that_fits(document: dict[str, Any], wrong_with: Judge) -> None:
    wrong: dict[str, list[str]] = {}
    for name, operation, pointer in _operations(document):
        for number, parameter in enumerate(operation["parameters"]):
            if "example" in parameter:
                said = wrong_with(f"{pointer}/parameters/{number}/schema", parameter["example"])
                wrong |= {f"{name} {parameter['name']}": said} if said else {}
            else:
                assert "$ref" in parameter or parameter["name"] == "cursor", f"{name}: {parameter['name']}"
    assert not wrong


def test_every_example_of_a_problem_fits(document: dict[str, Any], wrong_with: Judge) -> None:
    for name, response in document["components"]["responses"].items():
        content = response.get("content", {}).get("application/problem+json", {})
        place = f"/components/responses/{name}/content/application~1problem+json/schema"
        for kind, example in content.get("examples", {}).items():
            assert not wrong_with(place, example["value"]), kind


def test_every_kind_of_problem_is_in_it(document: dict[str, Any]) -> None:
    said = json.dumps(document)

    # Of another method it is told before there is an operation.
    assert [kind.name for kind in KINDS.values() if f'"{kind.type}"' not in said] == ["method-not-allowed"]


def _vague(schema: Any, place: str) -> Iterator[str]:
    """Objects of which nothing is said: neither their names nor that there are any."""
    if isinstance(schema, dict):
        kinds = schema.get("type", ())
        is_object = "object" in ((kinds,) if isinstance(kinds, str) else kinds)
        if is_object and not schema.keys() & {"properties", "additionalProperties"} and "description" not in schema:
            yield place
        for name, inner in schema.items():
            if name not in ("example", "examples"):
                yield from _vague(inner, f"{place}/{name}")
    elif isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from _vague(inner, f"{place}/{number}")


def test_no_schema_says_only_that_it_is_an_object(document: dict[str, Any]) -> None:
    assert list(_vague(document, "")) == []


def test_every_operation_says_who_may_call_it_and_how_it_fails(document: dict[str, Any]) -> None:
    for name, operation, _ in _operations(document):
        answers = operation["responses"].keys()
        assert {"200", "400", "500", "503"} <= answers, name
        assert not operation["security"] or {"401", "403"} <= answers, name
        assert not name.startswith("GET") or "304" in answers, name
        assert operation["summary"], name


def test_what_is_shipped_is_what_the_code_says_and_is_served_as_it_is(
    document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "openapi.json"
    assert describe.write(shipped) == shipped.stat().st_size
    assert json.loads(shipped.read_text()) == document

    monkeypatch.setattr(openapi, "SHIPPED", shipped)
    shipped.write_text('{"made": "by an earlier build"}')
    own = next(route for route in describe.routes(shipped=True) if route.path == openapi.PATH)
    assert own.answer(None).body == '{"made": "by an earlier build"}'  # type: ignore[union-attr, arg-type]


_SERVE = """
import json, sys
from pathlib import Path
from api import openapi
from deploy import describe
openapi.SHIPPED = Path(sys.argv[1])
own = next(route for route in describe.routes(shipped=True) if route.path == openapi.PATH)
size = len(own.answer(None).body)
print(json.dumps({"size": size, "loaded": sorted(sys.modules)}))
"""


@pytest.mark.parametrize("is_shipped", [True, False])
def test_it_is_served_without_building_it_and_made_where_it_is_missing(tmp_path: Path, *, is_shipped: bool) -> None:
    shipped = tmp_path / "openapi.json"
    if is_shipped:
        describe.write(shipped)
    command = [sys.executable, "-c", _SERVE, str(shipped)]
    paths = {"PYTHONPATH": ":".join(str(ROOT / part) for part in (".", "functions", "layers/nightshift"))}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=paths, cwd=ROOT)
    found = json.loads(done.stdout)

    assert found["size"] > 100_000
    assert "pydantic" not in found["loaded"]
    assert ("api.operations" in found["loaded"]) is not is_shipped
    assert ("api.schemas" in found["loaded"]) is not is_shipped


@pytest.mark.parametrize("target", ["build", "run"])
def test_the_build_makes_it(target: str) -> None:
    make = shutil.which("make")
    assert make is not None
    steps = subprocess.run([make, "-n", target], capture_output=True, text=True, check=True, cwd=ROOT).stdout

    assert steps.index("deploy.describe") < steps.index("samcli" if target == "build" else "local.run")
