"""Paths to routes."""

from __future__ import annotations

import pytest

from api.router import Router
from nightshift import Text
from nightshift.errors import ConfigurationError
from nightshift.routes import Guard, Problem, Request, Route
from tests.support import door as support
from tests.support.door import Caller


def _nothing(_request: Request) -> dict[str, object]:
    return {}


def _route(method: str, path: str, *names: str) -> Route:
    return Route(method, path, Guard.OPEN, _nothing, "", path_parameters=[Text(name) for name in names])


def test_a_literal_path_comes_before_a_placeholder(call: Caller) -> None:
    assert call("GET", "/test/items/special").body == {"item": "the special one"}
    assert call("GET", "/test/items/other", support.AS_ADMIN).body == {"item": "other"}


@pytest.mark.parametrize(
    ("path", "item"),
    [
        ("/test/items/a%3Ab", "a:b"),
        ("/test/items/a:b", "a:b"),
        ("/test/items/a%2Fb", "a/b"),
        ("/test/items/%C3%A4", "ä"),
        ("/test/items/a%2525", "a%25"),
        ("/test/items/100%", "100%"),
        ("/test/items/a.b+c", "a.b+c"),
    ],
)
def test_placeholders_are_percent_decoded_once(call: Caller, path: str, item: str) -> None:
    assert call("GET", path, support.AS_ADMIN).body == {"item": item}


@pytest.mark.parametrize(
    "path",
    [
        "", "/nope", "/test/items", "/test/items/", "/test/items/a/b", "//test/items/a", "/test/items/%FF",
        "/test/../healthz", "/healthz/", "/Healthz", "/healthz%00", "/test/items/%00", "/test/items/%0a",
        "/openapixjson", "/test/items/" + "x" * 13, "healthz", "/%2e%2e/etc/passwd", "/api/jobs/no-such-job/runs",
        "/api/runs/no-uuid", "/api/runs/..",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_404(call: Caller, path: str) -> None:
    answer = call("GET", path, support.AS_JOB)

    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_another_method_is_a_405_that_says_which_would_do(call: Caller) -> None:
    answer = call("DELETE", "/test/job")

    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert call("GET", "/api/jobs/tidy-up").headers["Allow"] == "POST"


def test_there_is_no_cors(call: Caller) -> None:
    answer = call("OPTIONS", "/api/jobs", {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"})

    assert answer.status == 405
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_head_is_get_without_a_body(call: Caller) -> None:
    got, asked = call("GET", "/healthz"), call("HEAD", "/healthz")

    assert (asked.status, asked.text) == (200, "")
    assert asked.headers == got.headers
    assert call("HEAD", "/test/admin", support.AS_READER).status == 200
    assert call("HEAD", "/test/admin").status == 401


def test_two_placeholder_routes_share_a_path() -> None:
    router = Router([_route("GET", "/a/{b}", "b"), _route("PUT", "/a/{b}", "b"), _route("POST", "/a/x")])

    assert router.find("PUT", "/a/x")[1] == {"b": "x"}
    with pytest.raises(Problem) as refused:
        router.find("DELETE", "/a/x")
    assert refused.value.headers == {"Allow": "GET, HEAD, POST, PUT"}


@pytest.mark.parametrize(
    "routes",
    [
        [_route("GET", "/a"), _route("GET", "/a")],
        [_route("GET", "/a/{b}", "b"), _route("GET", "/a/{b}", "b")],
        [_route("GET", "/a/{b}")],
        [_route("GET", "/a", "b")],
    ],
)
def test_declarations_that_clash_are_found_at_start(routes: list[Route]) -> None:
    with pytest.raises(ConfigurationError, match="/a"):
        Router(routes)
