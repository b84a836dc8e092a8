"""Sample jobs, what Lambda gives them, and what they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from nightshift import Integer, Job, Outcome, Run

SLOT = "2026-11-22T15:00:00Z"
SCHEDULED = {"trigger": "schedule", "slot": SLOT}
_NUMBERS = count(1)


def make(work: Callable[[Run], Outcome], **declared: Any) -> tuple[Job, Callable[..., dict[str, Any]]]:
    """A job of its own name: a logger keeps the stream that it met first."""
    given = {"name": f"sample-{next(_NUMBERS)}", "at_most_s": 300, "parameters": (Integer("limit", 1, 20),), **declared}
    job = Job(description="A sample.", **given)
    return job, job.handler(work)


def nothing(_run: Run) -> Outcome:
    return Outcome()


@dataclass
class Context:
    """Lambda's context."""

    remaining_s: float = 60.0
    aws_request_id: str = "request-1"
    function_name: str = "sample-function"

    def get_remaining_time_in_millis(self) -> int:
        return round(self.remaining_s * 1000)


class Invocations:
    """Stands in for Lambda's Invoke API, which moto only has with Docker: it keeps what it was given."""

    def __init__(self, error: Exception | None = None) -> None:
        self.events: list[dict[str, Any]] = []
        self.functions: list[str] = []
        self._error = error

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803  # boto3's names
        assert InvocationType == "Event"
        if self._error:
            raise self._error
        self.functions.append(FunctionName)
        self.events.append(json.loads(Payload))


class Said:
    """What was printed: log lines and metrics."""

    def __init__(self, printed: str) -> None:
        lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
        self.lines = [line for line in lines if "message" in line]
        self.metrics = {name: value for line in lines if "_aws" in line for name, value in line.items()}

    @property
    def messages(self) -> list[str]:
        return [line["message"] for line in self.lines]
