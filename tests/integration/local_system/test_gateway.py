from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from local.gateway import Gateway
from local.lambda_service.invocation import Invocation, Result, ThrottledError
from local.stack import Route

_ROUTES = [
    Route("ANY", "/{proxy+}", "all"),
    Route("ANY", "/", "root"),
    Route("GET", "/items/{id}", "item"),
    Route("GET", "/items/first", "first"),
]


class _Functions:
    """Remembers each event and answers with what the test wants."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.answer: Callable[[], Any] = lambda: {"statusCode": 200, "body": "ok"}

    def invoke(self, name: str, invocation: Invocation) -> Result:
        self.events.append((name, json.loads(invocation.payload)))
        answer = self.answer()
        return answer if isinstance(answer, Result) else Result(json.dumps(answer).encode())

    @property
    def event(self) -> dict[str, Any]:
        return self.events[-1][1]


@pytest.fixture
def functions() -> _Functions:
    return _Functions()


@contextmanager
def _gateway(functions: _Functions, routes: list[Route], limit_s: float = 30) -> Iterator[httpx.Client]:
    gateway = Gateway(routes, functions.invoke, limit_s=limit_s)
    gateway.start()
    with httpx.Client(base_url=gateway.url) as client:
        yield client
    gateway.stop()


@pytest.fixture
def web(functions: _Functions) -> Iterator[httpx.Client]:
    with _gateway(functions, _ROUTES) as client:
        yield client


def test_the_event_of_a_request(web: httpx.Client, functions: _Functions) -> None:
    web.post(
        "/api/j%C3%B6bs/x?a=1&b=2&a=3&empty=",
        content=b'{"a": 1}',
        headers=[("Content-Type", "application/json"), ("X-Two", "one"), ("x-two", "two"), ("Cookie", "s=1; t=2")],
    )
    event = functions.event

    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "ANY /{proxy+}"
    assert event["rawPath"] == "/api/j%C3%B6bs/x"
    assert event["pathParameters"] == {"proxy": "api/jöbs/x"}
    assert event["rawQueryString"] == "a=1&b=2&a=3&empty="
    assert event["queryStringParameters"] == {"a": "1,3", "b": "2", "empty": ""}
    assert event["headers"]["x-two"] == "one,two"
    assert "cookie" not in event["headers"]
    assert event["cookies"] == ["s=1", "t=2"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": 1}', False)
    http_part = event["requestContext"]["http"]
    assert (http_part["method"], http_part["path"]) == ("POST", "/api/j%C3%B6bs/x")
    assert (http_part["sourceIp"], http_part["userAgent"]) == ("127.0.0.1", event["headers"]["user-agent"])
    assert event["requestContext"]["requestId"]
    assert event["requestContext"]["timeEpoch"] > 1_700_000_000_000


def test_a_request_with_nothing_in_it(web: httpx.Client, functions: _Functions) -> None:
    web.get("/")

    assert not {"body", "cookies", "queryStringParameters", "pathParameters"} & functions.event.keys()
    assert functions.event["rawQueryString"] == ""


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "image/png", ""])
def test_bodies_that_are_no_text_are_base64(web: httpx.Client, functions: _Functions, content_type: str) -> None:
    web.post("/u/token", content=b"List-Unsubscribe=One-Click", headers={"Content-Type": content_type})

    assert functions.event["isBase64Encoded"] is True
    assert base64.b64decode(functions.event["body"]) == b"List-Unsubscribe=One-Click"


def test_a_body_in_chunks(web: httpx.Client, functions: _Functions) -> None:
    web.post("/x", content=iter([b"one ", b"two"]), headers={"Content-Type": "text/plain"})

    assert functions.event["body"] == "one two"


@pytest.mark.parametrize(
    ("method", "path", "function"),
    [
        ("GET", "/", "root"),
        ("GET", "/items/first", "first"),
        ("GET", "/items/7", "item"),
        ("POST", "/items/7", "all"),
        ("GET", "/items/7/more", "all"),
        ("DELETE", "/", "root"),
    ],
)
def test_the_most_particular_route_wins(
    web: httpx.Client, functions: _Functions, method: str, path: str, function: str
) -> None:
    web.request(method, path)

    assert functions.events[-1][0] == function


def test_a_path_without_a_route(functions: _Functions) -> None:
    with _gateway(functions, [Route("GET", "/only", "one")]) as web:
        answer = web.get("/other")

    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
    assert functions.events == []


def test_a_response_with_everything(web: httpx.Client, functions: _Functions) -> None:
    functions.answer = lambda: {
        "statusCode": 201,
        "headers": {"Content-Type": "image/gif", "X-Number": 7, "Content-Length": "999"},
        "cookies": ["a=1; Path=/", "b=2"],
        "body": base64.b64encode(b"GIF89a").decode(),
        "isBase64Encoded": True,
    }
    answer = web.get("/")

    assert (answer.status_code, answer.content) == (201, b"GIF89a")
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["x-number"] == "7"
    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]


@pytest.mark.parametrize("result", [{"a": 1}, "text", [1, 2], None])
def test_a_result_without_a_status_is_the_body(web: httpx.Client, functions: _Functions, result: object) -> None:
    functions.answer = lambda: result
    answer = web.get("/")

    assert (answer.status_code, answer.json()) == (200, result)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "many"},
        {"statusCode": 200, "body": {"no": "text"}},
        {"statusCode": 200, "body": "%", "isBase64Encoded": True},
        {"statusCode": 200, "headers": {"Location": "/\r\nSet-Cookie: a=1"}},
        Result(b'{"errorMessage": "inner words"}', failed=True),
    ],
)
def test_a_function_that_fails_shows_nothing_of_itself(
    web: httpx.Client, functions: _Functions, result: object
) -> None:
    functions.answer = lambda: result
    answer = web.get("/")

    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    assert "set-cookie" not in answer.headers


def test_a_function_that_takes_too_long(functions: _Functions) -> None:
    done = threading.Event()
    functions.answer = done.wait
    with _gateway(functions, _ROUTES, limit_s=0.05) as web:
        answer = web.get("/")
        done.set()

    assert (answer.status_code, answer.json()) == (503, {"message": "Service Unavailable"})


def test_a_function_that_has_too_much_to_do(web: httpx.Client, functions: _Functions) -> None:
    def refuse() -> None:
        raise ThrottledError

    functions.answer = refuse

    assert web.get("/").status_code == 503


def test_bodies_are_capped(web: httpx.Client, functions: _Functions) -> None:
    headers = {"Content-Type": "text/plain"}
    statuses = [web.post("/x", content=b"x" * size, headers=headers).status_code for size in (5 << 20, 7 << 20)]
    port = web.base_url.port
    with socket.create_connection(("127.0.0.1", port or 0)) as caller:
        caller.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10485761\r\n\r\n")
        answer = http.client.HTTPResponse(caller)
        answer.begin()
        statuses.append(answer.status)
        answer.close()

    assert statuses == [200, 413, 413]


def test_head_has_no_body(web: httpx.Client, functions: _Functions) -> None:
    answer = web.head("/")
    again = web.get("/")

    assert (answer.status_code, answer.content) == (200, b"")
    assert again.text == "ok"


@pytest.mark.parametrize(
    "words",
    [b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"],
)
def test_bad_requests_are_refused_and_others_served(web: httpx.Client, functions: _Functions, words: bytes) -> None:
    with socket.create_connection(("127.0.0.1", web.base_url.port or 0)) as caller:
        caller.sendall(words)
        caller.settimeout(5)
        answer = caller.recv(1000)

    assert b"400" in answer or b"505" in answer
    assert web.get("/").status_code == 200
