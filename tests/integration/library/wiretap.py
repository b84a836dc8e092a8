"""Stands between the code under test and PostgreSQL: counts what passes, and loses a message when told to."""

from __future__ import annotations

import socket
import socketserver
import ssl
import struct
import threading
from contextlib import suppress
from typing import Literal

_TLS_WANTED = struct.pack("!ii", 8, 80877103)
_READY = b"Z\x00\x00\x00\x05"


class Wiretap:
    """A port of 127.0.0.1 that leads to a real server.

    Attributes:
        queries: the text of every message that was sent.
        connections: how many were opened.
        lose: what becomes of the next message: `request`, it never arrives; `answer`, it is carried out and its
            answer lost. Either way the connection breaks.
    """

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.queries: list[str] = []
        self.connections = 0
        self.lose: Literal["request", "answer"] | None = None
        self.tls = tls
        self.target = ("127.0.0.1", port)
        self._server = _Server(("127.0.0.1", 0), _Passage)
        self._server.tap = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        """Where to connect."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begins to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Ends every connection and waits for its thread."""
        self._server.shutdown()
        self._thread.join()
        self._server.end_all()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False
    tap: Wiretap

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # the address and the handler
        self.open: list[socket.socket] = []

    def end_all(self) -> None:
        for sock in self.open:
            _break(sock)

    def handle_error(self, *_: object) -> None:
        """A broken connection is what these tests are about."""


class _Passage(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        tap = self.server.tap
        tap.connections += 1
        with socket.create_connection(tap.target) as upstream:
            self.server.open += [self.request, upstream]
            self.losing = False
            client, first = self._greet(_exactly(self.request, 8))
            back = threading.Thread(target=self._bring_back, args=(upstream, client))
            back.start()
            with suppress(OSError):
                upstream.sendall(first)
                self._pass_on(client, upstream)
            _break(upstream)
            back.join()
            _break(client)
            client.close()

    def _greet(self, opening: bytes) -> tuple[socket.socket, bytes]:
        """Ends TLS here where it is asked for and offered; the server behind has none."""
        client: socket.socket = self.request
        if opening == _TLS_WANTED:
            tls = self.server.tap.tls
            client.sendall(b"S" if tls else b"N")
            if tls is None:
                raise ConnectionError("the client insists on TLS")
            client = tls.wrap_socket(client, server_side=True)
            self.server.open.append(client)
            opening = _exactly(client, 8)
        length = struct.unpack("!i", opening[:4])[0]
        return client, opening + _exactly(client, length - 8)

    def _pass_on(self, client: socket.socket, upstream: socket.socket) -> None:
        tap = self.server.tap
        while True:
            head = _exactly(client, 5)
            body = _exactly(client, struct.unpack("!i", head[1:])[0] - 4)
            if head[:1] == b"Q":
                tap.queries.append(body.rstrip(b"\x00").decode())
                lost, tap.lose = tap.lose, None
                self.losing = lost == "answer"
                if lost == "request":
                    return
            upstream.sendall(head + body)

    def _bring_back(self, upstream: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := upstream.recv(65536):
                if not self.losing:
                    client.sendall(data)
                elif data[-6:-1] == _READY:
                    break
        _break(client)


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise ConnectionError("ended")
        data += more
    return data


def _break(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
