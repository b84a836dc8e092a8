from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.stack import AsyncPolicy
from tests.support.aws import Aws
from tests.support.lambdas import Lambdas, function, lambdas

# Each attempt leaves a line in a file; the event says how many of them fail.
_CODE = """
    import os

    def try_(event, context):
        with open(event["file"], "a") as file:
            file.write(context.aws_request_id + "\\n")
        with open(event["file"]) as file:
            attempt = len(file.readlines())
        if attempt <= event["failures"]:
            raise RuntimeError(f"attempt {attempt}")
"""
_SOON = 0.001  # one thousandth of Lambda's minutes


def _run(tmp_path: Path, aws: Aws, failures: int, policy: AsyncPolicy) -> list[str]:
    """The request ids of all attempts of one event."""
    file = tmp_path / "attempts"
    with lambdas(
        tmp_path,
        _CODE,
        [function("try", "handlers.try_", asynchronous=policy)],
        environment={"AWS_ENDPOINT_URL": aws.endpoint},
        time_scale=_SOON,
    ) as running:
        payload = json.dumps({"file": str(file), "failures": failures}).encode()
        answer = running.invoke("try", payload, InvocationType="Event")
        assert (answer["StatusCode"], answer["Payload"]) == (202, b"")
        assert running.service.wait_for_events(60)
    return file.read_text().split()


@pytest.mark.parametrize(("failures", "attempts"), [(0, 1), (1, 2), (2, 3)])
def test_failed_attempts_are_repeated_twice(tmp_path: Path, aws: Aws, failures: int, attempts: int) -> None:
    queue = aws.create_queue("failed")
    ids = _run(tmp_path, aws, failures, AsyncPolicy(on_failure_queue="failed"))

    assert len(ids) == attempts
    assert len(set(ids)) == 1
    assert aws.messages(queue) == []


def test_after_the_last_attempt_the_event_goes_to_its_queue(tmp_path: Path, aws: Aws) -> None:
    queue = aws.create_queue("failed")
    ids = _run(tmp_path, aws, 99, AsyncPolicy(retries=1, on_failure_queue="failed"))
    record: dict[str, Any] = json.loads(aws.messages(queue)[0])

    assert len(ids) == 2
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["requestId"] == ids[0]
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["requestPayload"]["failures"] == 99
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "attempt 2"


def test_an_event_that_would_be_too_old_is_not_tried_again(tmp_path: Path, aws: Aws) -> None:
    queue = aws.create_queue("failed")
    ids = _run(tmp_path, aws, 99, AsyncPolicy(max_age_s=59.0, on_failure_queue="failed"))
    record = json.loads(aws.messages(queue)[0])

    assert len(ids) == 1
    assert record["requestContext"]["condition"] == "EventAgeExceeded"


def test_a_throttled_event_waits_for_its_turn(tmp_path: Path, aws: Aws) -> None:
    file = tmp_path / "attempts"
    functions = [function("try", "handlers.try_", asynchronous=AsyncPolicy())]
    with lambdas(tmp_path, _CODE, functions, time_scale=0.01) as running:
        _limit(running, "try")
        for _ in range(3):
            payload = json.dumps({"file": str(file), "failures": 0}).encode()
            running.invoke("try", payload, InvocationType="Event")
        assert running.service.wait_for_events(60)

    assert len(set(file.read_text().split())) == 3


def _limit(running: Lambdas, name: str) -> None:
    running.service._pools[name]._most = 1
