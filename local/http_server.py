"""A small HTTP server for loopback: keeps connections, answers bad requests, and survives dying clients."""

from __future__ import annotations

import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class TooLargeError(Exception):
    """The request's body is larger than this server takes."""


class RequestHandler(BaseHTTPRequestHandler):
    """One connection; a subclass has a `do_…` for each method."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or the second part of an answer waits 40 ms for an acknowledgement
    timeout = 120  # seconds without a word before a kept connection is closed
    error_content_type = "application/json"
    error_message_format = '{"message": "Bad Request"}'  # the base class's words are no JSON text
    default_request_version = "HTTP/1.1"  # of a request that cannot be read: the answer has a status all the same

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
        """Requests are logged by who handles them, if at all."""

    def read_body(self, at_most: int) -> bytes:
        """The request's body, by length or in chunks.

        Raises:
            TooLargeError: there is more; the connection is not used again.
        """
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks(at_most)
        length = int(self.headers.get("Content-Length") or 0)
        if length > at_most:
            self.close_connection = True
            raise TooLargeError
        return self.rfile.read(length)

    def _read_chunks(self, at_most: int) -> bytes:
        body = b""
        while size := int(self.rfile.readline(100).split(b";")[0] or b"0", 16):
            if len(body) + size > at_most:
                self.close_connection = True
                raise TooLargeError
            body += self.rfile.read(size)
            self.rfile.readline(10)
        while self.rfile.readline(1000).strip():  # trailers
            pass
        return body

    def answer(self, status: int, body: bytes = b"", headers: list[tuple[str, str]] | None = None) -> None:
        """Sends a whole answer."""
        self.send_response_only(status)
        for name, value in headers or []:
            self.send_header(name, value)
        if status not in (204, 304) and status >= 200:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and body:
            self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1 and answers each connection in a thread of its own."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler: type[RequestHandler], port: int = 0) -> None:
        """Takes the port at once; 0 takes any free one.

        Raises:
            OSError: somebody else has that port.
        """
        super().__init__(("127.0.0.1", port), handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def server_bind(self) -> None:
        """Without the base class's look-up of our own name, which may ask a name server."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.port

    def start(self) -> None:
        """Serves in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Takes no more connections; those that are open end with the process or their client."""
        if self._thread.is_alive():
            self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)
