"""Lambda functions as workers, invoked for real through the local Lambda service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from puppet.executing import Accepted, Answer, Done
from puppet.executing.functions import LambdaFunctions
from puppet.executing.requests import Requests
from puppet.failures import ErrorType, Failure
from puppet.store import ClaimedJob
from tests.support import planted
from tests.support.lambdas import Lambdas, function, lambdas

SECRET = planted.WORKER
CODE = """
    import time

    def work(event, context):
        print("began", event["id"], flush=True)
        does = event["payload"].get("does")
        if does == "break":
            raise ValueError("it broke")
        if does == "sleep":
            time.sleep(event["payload"]["seconds"])
        if does == "answer":
            return event["payload"]["with"]
        return {name: event[name] for name in ("type", "userId", "attempt", "callbackUrl")}
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lambdas]:
    functions = [
        function("worker", "handlers.work"),
        function("hasty", "handlers.work", timeout_s=1.0),
    ]
    with lambdas(tmp_path_factory.mktemp("workers"), CODE, functions) as running:
        yield running


@pytest.fixture(autouse=True)
def led_there(service: Lambdas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", service.service.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


def _execute(payload: dict[str, Any], name: str = "worker", timeout_s: float = 20.0) -> Answer:
    job = ClaimedJob(
        id=uuid4(), user_id="ada@example.com", job_type="export", payload=payload, attempt=1, max_retries=3,
        token=uuid4(), batch_id=uuid4(), scheduled_at=datetime.now(UTC), waited_ms=0,
    )  # fmt: skip
    functions = LambdaFunctions(Requests("https://door.example", SECRET), timeout_s, 5)
    try:
        return functions.execute(name, job, timeout_s)
    finally:
        functions.close()


def _failed(answer: Answer) -> Failure:
    assert isinstance(answer, Failure)
    return answer


def test_a_function_gets_the_job_and_its_answer_is_the_result() -> None:
    answer = _execute({})

    assert isinstance(answer, Done)
    assert [answer.result[name] for name in ("type", "userId", "attempt")] == ["export", "ada@example.com", 1]
    assert answer.result["callbackUrl"].startswith("https://door.example/api/cron/callback/")


def test_an_exception_is_a_failure_whose_effect_is_not_known() -> None:
    answer = _failed(_execute({"does": "break"}))

    assert (answer.type, answer.retryable, answer.untouched) == (ErrorType.UNKNOWN, True, False)
    assert answer.message == "the function failed (ValueError): it broke"


@pytest.mark.parametrize(
    ("said", "type_", "again", "wait_s"),
    [
        ({"statusCode": 429, "headers": {"Retry-After": "30"}}, ErrorType.RATE_LIMIT, True, 30),
        ({"statusCode": 422, "body": '{"error": {"message": "no"}}'}, ErrorType.VALIDATION, False, None),
        ({"statusCode": 500, "body": "nothing that is JSON"}, ErrorType.UNKNOWN, True, None),
        ({"statusCode": 200, "body": {"status": "failed"}}, ErrorType.UNKNOWN, True, None),
        ({"status": "failed", "error": {"type": "linkedin_error"}}, ErrorType.LINKEDIN, True, None),
    ],
)
def test_its_own_status_counts(said: Any, type_: ErrorType, again: bool, wait_s: float | None) -> None:
    answer = _failed(_execute({"does": "answer", "with": said}))

    assert (answer.type, answer.retryable, answer.retry_after_s) == (type_, again, wait_s)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"statusCode": 202}, Accepted()),
        ({"statusCode": 200, "body": '{"n": 1}'}, Done({"n": 1})),
        ({"statusCode": "200"}, Done({"statusCode": "200"})),
        (None, Done(None)),
        ([1], Done([1])),
    ],
)
def test_what_is_no_failure(said: Any, answer: Answer) -> None:
    assert _execute({"does": "answer", "with": said}) == answer


def test_a_function_that_lambda_ends_is_a_timeout() -> None:
    assert _failed(_execute({"does": "sleep", "seconds": 30}, name="hasty")).type is ErrorType.TIMEOUT


def test_an_answer_that_takes_too_long_is_a_timeout_and_not_asked_for_again(service: Lambdas) -> None:
    before = service.log("worker").count("began")
    answer = _failed(_execute({"does": "sleep", "seconds": 1}, timeout_s=0.5))

    assert (answer.type, answer.untouched) == (ErrorType.TIMEOUT, False)
    # Would be after the first one, which is still at work.
    assert isinstance(_execute({}), Done)
    assert service.log("worker").count("began") == before + 2


def test_a_function_that_does_not_exist_is_a_permanent_failure() -> None:
    answer = _failed(_execute({}, name="nobody"))

    assert (answer.type, answer.retryable, answer.untouched) == (ErrorType.VALIDATION, False, True)
    assert "ResourceNotFoundException" in answer.message


def test_a_service_that_cannot_be_reached_is_trouble_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:1")
    answer = _failed(_execute({}))

    assert (answer.type, answer.untouched) == (ErrorType.NETWORK, True)


def test_an_answer_that_nobody_could_keep_is_not_asked_for_again() -> None:
    answer = _failed(_execute({"does": "answer", "with": "x" * 300_000}))

    assert (answer.type, answer.retryable) == (ErrorType.UNKNOWN, False)
