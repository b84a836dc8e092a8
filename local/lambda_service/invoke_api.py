"""The Invoke API that boto3's Lambda client speaks to.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import json
import re
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from local.http_server import RequestHandler, Server, TooLargeError
from local.lambda_service.invocation import (
    ASYNC_PAYLOAD_BYTES,
    SYNC_PAYLOAD_BYTES,
    Invocation,
    Result,
    ThrottledError,
)
from local.stack import Function

_INVOKE: Final = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")


class Functions(Protocol):
    """What the API calls upon."""

    def find(self, name: str) -> Function | None:
        """A function by its name, or None."""

    def invoke(self, name: str, invocation: Invocation) -> Result:
        """Runs a function and waits for it."""

    def invoke_later(self, name: str, payload: bytes) -> str:
        """Takes an asynchronous event; returns its request id."""


def serve(functions: Functions) -> Server:
    """The API on a free port."""

    class Handler(_Handler):
        pass

    Handler.functions = functions
    server = Server(Handler)
    server.start()
    return server


class _RefusedError(Exception):
    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


class _Handler(RequestHandler):
    functions: Functions

    def do_POST(self) -> None:
        """Invokes a function, now or later, or only checks that it could be."""
        try:
            self._invoke()
        except _RefusedError as refused:
            body = json.dumps({"Type": "User", "Message": str(refused)}).encode()
            self.answer(refused.status, body, [("x-amzn-ErrorType", refused.kind), _JSON])

    def _invoke(self) -> None:
        kind = self.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        # The body first, also for a function that is not there: the connection is used again.
        payload = self._payload(ASYNC_PAYLOAD_BYTES if kind == "Event" else SYNC_PAYLOAD_BYTES)
        function = self._function()
        if kind == "DryRun":
            self.answer(204)
        elif kind == "Event":
            request_id = self.functions.invoke_later(function.name, payload)
            self.answer(202, headers=[("x-amzn-RequestId", request_id)])
        elif kind == "RequestResponse":
            self._run(function, payload)
        else:
            raise _RefusedError(400, "InvalidParameterValueException", f"InvocationType cannot be {kind}.")

    def _function(self) -> Function:
        match = _INVOKE.fullmatch(urlsplit(self.path).path)
        if match is None:
            raise _RefusedError(404, "UnknownOperationException", "Only Invoke is known here.")
        name = unquote(match.group(1))
        bare = re.sub(r"^(arn:aws:lambda:[^:]+:\d+:function:|\d+:function:)", "", name).partition(":")[0]
        function = self.functions.find(bare)
        if function is None:
            raise _RefusedError(404, "ResourceNotFoundException", f"Function not found: {name}")
        return function

    def _payload(self, at_most: int) -> bytes:
        try:
            payload = self.read_body(at_most) or b"{}"
        except TooLargeError:
            raise _RefusedError(
                413, "RequestTooLargeException", f"Request must be smaller than {at_most} bytes."
            ) from None
        try:
            json.loads(payload)
        except ValueError as problem:
            message = f"Could not parse request body into json: {problem}"
            raise _RefusedError(400, "InvalidRequestContentException", message) from None
        return payload

    def _run(self, function: Function, payload: bytes) -> None:
        invocation = Invocation(payload)
        try:
            result = self.functions.invoke(function.name, invocation)
        except ThrottledError:
            raise _RefusedError(429, "TooManyRequestsException", "Rate Exceeded.") from None
        headers = [
            _JSON,
            ("x-amzn-RequestId", invocation.request_id),
            ("X-Amz-Executed-Version", "$LATEST"),
        ]
        if result.failed:
            headers.append(("X-Amz-Function-Error", "Unhandled"))
        if self.headers.get("X-Amz-Log-Type") == "Tail":
            headers.append(("X-Amz-Log-Result", base64.b64encode(result.log_tail).decode()))
        self.answer(200, result.payload, headers)


_JSON: Final = ("Content-Type", "application/json")
