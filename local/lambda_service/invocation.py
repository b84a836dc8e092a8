"""What is asked of a function and what comes back, in Lambda's words."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
SYNC_PAYLOAD_BYTES: Final = 6 * 1024 * 1024
ASYNC_PAYLOAD_BYTES: Final = 1024 * 1024
LOG_TAIL_BYTES: Final = 4096


class ThrottledError(Exception):
    """As many processes of the function are at work as may be."""


@dataclass(frozen=True)
class Invocation:
    """One event for a function; the retries of an asynchronous event keep their request id."""

    payload: bytes
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Result:
    """What an invocation came to."""

    payload: bytes
    failed: bool = False
    log_tail: bytes = b""


def failure(error_type: str, message: str) -> Result:
    """A failure that the platform, not the handler, reports."""
    body = json.dumps({"errorType": error_type, "errorMessage": message})
    return Result(body.encode(), failed=True)


def timed_out(invocation: Invocation, timeout_s: float) -> Result:
    """The handler was killed at the end of the function's timeout."""
    text = f"RequestId: {invocation.request_id} Error: Task timed out after {timeout_s:.2f} seconds"
    return failure("Sandbox.Timedout", text)


def exited(invocation: Invocation, status: int) -> Result:
    """The process ended in the middle of an invocation; a negative status is a signal's number."""
    how = f"signal: {-status}" if status < 0 else f"exit status {status}"
    reason = "exited without providing a reason" if status == 0 else f"exited with error: {how}"
    return failure("Runtime.ExitError", f"RequestId: {invocation.request_id} Error: Runtime {reason}")


def response_too_large() -> Result:
    """The handler returned more than Lambda passes on."""
    limit = SYNC_PAYLOAD_BYTES
    text = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    return failure("Function.ResponseSizeTooLarge", text)


def now_text() -> str:
    """The time as Lambda's own log lines write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
