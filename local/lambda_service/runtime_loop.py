"""Stands in for awslambdaric where that is not to be had (macOS): the same protocol, in the same process layout.

Run as a script with the handler's name; standard library only.
"""

from __future__ import annotations

import http.client
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

_PREFIX: Final = "/2018-06-01/runtime"


class Context:
    """What handlers read of Lambda's context object."""

    def __init__(self, request_id: str, arn: str, deadline_ms: int) -> None:
        self.aws_request_id = request_id
        self.invoked_function_arn = arn
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline_ms = deadline_ms

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the process is killed."""
        return max(self._deadline_ms - int(time.time() * 1000), 0)


class RuntimeApi:
    """The connection to the service that gives out events."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address)

    def next(self) -> tuple[Any, Context]:
        """Waits for an event."""
        self._connection.request("GET", f"{_PREFIX}/invocation/next")
        answer = self._connection.getresponse()
        body = answer.read()
        request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        arn = answer.headers["Lambda-Runtime-Invoked-Function-Arn"]
        deadline_ms = int(answer.headers["Lambda-Runtime-Deadline-Ms"])
        return json.loads(body), Context(request_id, arn, deadline_ms)

    def post(self, path: str, body: str) -> int:
        """Sends an answer or an error; returns the HTTP status."""
        self._connection.request("POST", f"{_PREFIX}/{path}", body.encode())
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


def load(name: str) -> Callable[[Any, Context], Any]:
    """The handler `package.module.function`."""
    module, _, function = name.rpartition(".")
    handler: Callable[[Any, Context], Any] = getattr(importlib.import_module(module), function)
    return handler


def described(error: BaseException) -> str:
    """An exception as Lambda reports it."""
    frames = traceback.format_tb(error.__traceback__)[1:]
    name = type(error).__name__
    return json.dumps({"errorMessage": str(error), "errorType": name, "stackTrace": frames})


def main() -> None:
    """Loads the handler and serves until the service goes away."""
    sys.path.insert(0, str(Path.cwd()))
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load(sys.argv[1])
    except Exception as error:  # noqa: BLE001 - whatever a module does when it is imported
        traceback.print_exc()
        api.post("init/error", described(error))
        sys.exit(1)
    while True:
        try:
            event, context = api.next()
        except (ConnectionError, http.client.HTTPException):
            return
        serve(api, handler, event, context)


def serve(api: RuntimeApi, handler: Callable[[Any, Context], Any], event: Any, context: Context) -> None:
    """Runs one event and sends what it came to."""
    path = f"invocation/{context.aws_request_id}"
    try:
        body = json.dumps(handler(event, context), ensure_ascii=False)
    except Exception as error:  # noqa: BLE001 - a handler's errors are its caller's business
        traceback.print_exc()
        sys.stderr.flush()
        api.post(f"{path}/error", described(error))
        return
    sys.stdout.flush()
    if api.post(f"{path}/response", body) == http.client.REQUEST_ENTITY_TOO_LARGE:
        sys.exit(1)  # as awslambdaric does


if __name__ == "__main__":
    main()
