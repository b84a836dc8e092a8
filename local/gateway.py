"""The HTTP API on this machine: requests become events of the payload format 2.0, results become responses.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import json
import queue
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from local import gateway_format
from local.gateway_format import Answer, Asked
from local.http_server import RequestHandler, Server, TooLargeError
from local.lambda_service.invocation import SYNC_PAYLOAD_BYTES, Invocation, Result, ThrottledError
from local.stack import Route

_LIMIT_S: Final = 30.0
_BODY_BYTES: Final = 10 * 1024 * 1024

Invoke = Callable[[str, Invocation], Result]


@dataclass(frozen=True)
class Match:
    """A route and what its path's parameters are in a request."""

    route: Route
    parameters: dict[str, str]


class Gateway:
    """Listens on one port and calls the functions of its routes."""

    def __init__(self, routes: Sequence[Route], invoke: Invoke, port: int = 0, limit_s: float = _LIMIT_S) -> None:
        """Takes the port at once.

        Raises:
            OSError: somebody else has that port.
        """
        self._routes = sorted(routes, key=_rank)
        self._invoke = invoke
        self._limit_s = limit_s
        gateway = self

        class Handler(_Handler):
            def respond(self, asked: Asked) -> Answer:
                return gateway.respond(asked)

        self._server = Server(Handler, port)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.port}"

    def start(self) -> None:
        """Serves in a thread of its own."""
        self._server.start()

    def stop(self) -> None:
        """Takes no more connections."""
        self._server.stop()

    def respond(self, asked: Asked) -> Answer:
        """What the API answers to one request."""
        match = self.match(asked.method, asked.path)
        if match is None:
            return gateway_format.message(404, "Not Found")
        payload = json.dumps(gateway_format.event(asked, match.route.key, match.parameters)).encode()
        if len(payload) > SYNC_PAYLOAD_BYTES:
            return gateway_format.message(413, "Request Entity Too Large")
        result = self._within_limit(match.route.function, Invocation(payload))
        if result is None:
            return gateway_format.message(503, "Service Unavailable")
        if result.failed:
            return gateway_format.message(500, "Internal Server Error")
        return gateway_format.answer(result.payload)

    def match(self, method: str, path: str) -> Match | None:
        """The most particular route for a request."""
        for route in self._routes:
            found = _pattern(route.path).fullmatch(path)
            if found is not None and route.method in ("ANY", method):
                return Match(route, found.groupdict())
        return None

    def _within_limit(self, function: str, invocation: Invocation) -> Result | None:
        """The function's result; None when it takes too long or has too much to do. It is not stopped by that."""
        box: queue.SimpleQueue[Result | None] = queue.SimpleQueue()

        def call() -> None:
            try:
                box.put(self._invoke(function, invocation))
            except ThrottledError:
                box.put(None)

        threading.Thread(target=call, daemon=True).start()
        try:
            return box.get(timeout=self._limit_s)
        except queue.Empty:
            return None


class _Handler(RequestHandler):
    def respond(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def _any(self) -> None:
        try:
            body = self.read_body(_BODY_BYTES)
        except TooLargeError:
            answer = gateway_format.message(413, "Request Too Long")
        except ValueError:
            self.close_connection = True
            answer = gateway_format.message(400, "Bad Request")
        else:
            path, _, query = self.path.partition("?")
            headers = list(self.headers.items())
            answer = self.respond(Asked(self.command, path, query, headers, body, self.client_address[0]))
        self.answer(answer.status, answer.body, answer.headers)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _any


def _rank(route: Route) -> tuple[bool, bool, bool, bool]:
    """Most particular first: a fixed path, then one with parameters, then a greedy one, then the default."""
    return route.path == "$default", "+}" in route.path, "{" in route.path, route.method == "ANY"


def _pattern(path: str) -> re.Pattern[str]:
    if path == "$default":
        return re.compile(".*")
    return re.compile("".join(map(_part, re.split(r"(\{[^}]+\})", path))))


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part.strip("{}")
    return f"(?P<{name[:-1]}>.+)" if name.endswith("+") else f"(?P<{name}>[^/]+)"
