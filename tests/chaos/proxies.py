"""What stands between a worker and its stores, and does to the connection what networks do."""

from __future__ import annotations

import contextlib
import http.client
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from local.http_server import RequestHandler, Server
from tests.chaos.orders import CUT_ANSWER, CUT_MESSAGE

_PIECE: Final = 65_536
_BODY_BYTES: Final = 16 * 1024 * 1024
_THROTTLED: Final = b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}'
_PASSED: Final = ("X-Amz-Target", "Content-Type", "Authorization", "X-Amz-Date")


class Cut:
    """In front of PostgreSQL: passes everything on, but for messages that ask to be cut."""

    def __init__(self, upstream_port: Callable[[], int]) -> None:
        """Take where the server is now: after a restart it is elsewhere."""
        self._upstream_port = upstream_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", self._upstream_port()), 5)
            except OSError:
                return  # it restarts: the client sees its connection closed
            with server:
                for each in (client, server):
                    each.settimeout(None)
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
                back.start()
                _pass_questions(client, server)


def _pass_questions(client: socket.socket, server: socket.socket) -> None:
    """From client to server, until one of them ends or a message is to be cut."""
    with contextlib.suppress(OSError):
        while piece := client.recv(_PIECE):
            if f"/* chaos: {CUT_MESSAGE} */".encode() in piece:
                server.sendall(piece[: len(piece) // 2])
                break
            if f"/* chaos: {CUT_ANSWER} */".encode() in piece:
                # The client is gone for the answer; the server carries the message out all the same.
                _close(client)
                server.sendall(piece)
                server.settimeout(5)
                server.recv(1)
                break
            server.sendall(piece)
    _close(client)
    _close(server)


def _pass_on(server: socket.socket, client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := server.recv(_PIECE):
            client.sendall(piece)
    _close(client)


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Weather:
    """What becomes of requests: each share (0 to 1) is drawn for itself.

    Attributes:
        slow_s: how long each answer is held back.
        throttled: turned away, before anything is done.
        unreachable: the connection is closed, before anything is done.
        unanswered: carried out, and the answer lost.
    """

    slow_s: float = 0.0
    throttled: float = 0.0
    unreachable: float = 0.0
    unanswered: float = 0.0


FAIR: Final = Weather()


class Rain:
    """In front of DynamoDB: a door with weather."""

    def __init__(self, endpoint: str, chance: random.Random) -> None:
        self.weather = FAIR
        self.fallen: Counter[str] = Counter()
        self._netloc = urlsplit(endpoint).netloc
        self._chance = chance
        self._turn = threading.Lock()
        self._server = Server(self._handler())
        self._server.start()

    @property
    def endpoint(self) -> str:
        """Where clients go."""
        return f"http://127.0.0.1:{self._server.port}"

    def stop(self) -> None:
        """Take no more requests."""
        self._server.stop()

    def _draw(self) -> tuple[Weather, str]:
        """Return the weather, and what befalls this request besides slowness."""
        with self._turn:
            weather, draw = self.weather, self._chance.random()
            for name in ("throttled", "unreachable", "unanswered"):
                share = getattr(weather, name)
                if draw < share:
                    self.fallen[name] += 1
                    return weather, name
                draw -= share
            self.fallen["slow"] += weather.slow_s > 0
            return weather, ""

    def _handler(self) -> type[RequestHandler]:
        rain = self

        class Handler(RequestHandler):
            def do_POST(self) -> None:
                body = self.read_body(_BODY_BYTES)
                weather, befalls = rain._draw()
                if befalls == "unreachable":
                    self.close_connection = True
                    return
                if befalls == "throttled":
                    self.answer(400, _THROTTLED, [("Content-Type", "application/x-amz-json-1.0")])
                    return
                status, kind, data = self._ask(body)
                time.sleep(weather.slow_s)
                if befalls == "unanswered":
                    self.close_connection = True
                    return
                with contextlib.suppress(OSError):  # it was too slow for whoever asked
                    self.answer(status, data, [("Content-Type", kind)])

            def _ask(self, body: bytes) -> tuple[int, str, bytes]:
                connection = http.client.HTTPConnection(rain._netloc)
                headers = {name: self.headers[name] for name in _PASSED if name in self.headers}
                connection.request("POST", self.path, body, headers)
                answer = connection.getresponse()
                try:
                    return answer.status, answer.headers.get("Content-Type", ""), answer.read()
                finally:
                    connection.close()

        return Handler
