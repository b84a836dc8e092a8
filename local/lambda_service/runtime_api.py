"""The Runtime API: what a handler's process asks for its next event and gives its answer to.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from local.http_server import RequestHandler, Server, TooLargeError
from local.lambda_service.invocation import SYNC_PAYLOAD_BYTES, Invocation, Result, response_too_large

_PREFIX: Final = "/2018-06-01/runtime"
_OUTCOME: Final = re.compile(_PREFIX + r"/invocation/([^/]+)/(response|error)")


class Process(Protocol):
    """The side of a worker that its Runtime API talks to."""

    arn: str

    def next_invocation(self) -> tuple[Invocation, int] | None:
        """Waits for an event: it and its deadline in epoch milliseconds; None when there will be no more."""

    def finish(self, request_id: str, result: Result) -> bool:
        """Takes the answer to the current event; False when there is no such event (any more)."""

    def fail_start(self, body: bytes) -> None:
        """Takes the error that kept the handler from being loaded."""


def serve(process: Process) -> Server:
    """A server for one process, on a port of its own: the port is how it is told from the others."""

    class Handler(_Handler):
        pass

    Handler.process = process
    server = Server(Handler)
    server.start()
    return server


class _Handler(RequestHandler):
    process: Process
    timeout = None  # type: ignore[assignment]  # the next event may be a long time coming

    def do_GET(self) -> None:
        """`next`: answered when there is an event."""
        if self.path != f"{_PREFIX}/invocation/next":
            self.answer(404)
            return
        given = self.process.next_invocation()
        if given is None:
            self.close_connection = True
            return
        invocation, deadline_ms = given
        headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(deadline_ms)),
            ("Lambda-Runtime-Invoked-Function-Arn", self.process.arn),
        ]
        self.answer(200, invocation.payload, headers)

    def do_POST(self) -> None:
        """A response, an error, or an error at the start."""
        try:
            body = self.read_body(SYNC_PAYLOAD_BYTES)
        except TooLargeError:
            body = None
        if self.path == f"{_PREFIX}/init/error":
            self.process.fail_start(body or b"{}")
            self.answer(202, b'{"status":"OK"}')
            return
        match = _OUTCOME.fullmatch(self.path)
        if match is None:
            self.answer(404)
            return
        request_id, kind = match.groups()
        result = response_too_large() if body is None else Result(body, failed=kind == "error")
        known = self.process.finish(request_id, result)
        self.answer(413 if body is None else 202 if known else 400, b'{"status":"OK"}')
