"""What a worker answers: its body counts for more than its status, and what cannot be kept is not."""

from __future__ import annotations

from typing import Any

import pytest

from puppet.executing import Accepted, Done
from puppet.executing.answers import parsed, read_answer, storable
from puppet.failures import ErrorType, Failure


def _failed(answer: Any) -> Failure:
    assert isinstance(answer, Failure)
    return answer


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, None),
        (200, {"did": "it"}),
        (201, [1, 2]),
        (204, None),
        (200, {"status": "done"}),
        (200, {"success": True, "error": None}),
        (200, "ok"),
    ],
)
def test_done(status: int, body: Any) -> None:
    assert read_answer(status, body) == Done(body)


def test_taken() -> None:
    assert read_answer(202, {"queued": True}) == Accepted()


@pytest.mark.parametrize(
    "body",
    [
        {"status": "failed"},
        {"status": "FAILED", "result": 1},
        {"status": "error"},
        {"success": False},
        {"error": "it did not work"},
        {"error": {"message": "it did not work"}},
    ],
)
@pytest.mark.parametrize("status", [200, 202])
def test_a_body_that_says_failed_is_a_failure_whatever_the_status(status: int, body: Any) -> None:
    answer = _failed(read_answer(status, body))

    assert answer.type is ErrorType.UNKNOWN
    assert answer.retryable
    assert answer.untouched


def test_a_worker_names_type_message_and_whether_to_try_again() -> None:
    error = {"type": "linkedin_error", "message": "weekly limit", "retryable": False, "retryAfterSeconds": 90}
    answer = _failed(read_answer(500, {"error": error}, 5.0))

    assert (answer.type, answer.retryable, answer.retry_after_s) == (ErrorType.LINKEDIN, False, 90.0)
    assert answer.message == "the worker answered 500: weekly limit"


@pytest.mark.parametrize(
    ("status", "error", "type_", "again"),
    [
        (500, {"type": "authentication"}, ErrorType.AUTHENTICATION, False),
        (500, {"type": "somebody else's"}, ErrorType.UNKNOWN, True),
        (422, {"type": "linkedin_error"}, ErrorType.LINKEDIN, False),
        (422, {"type": "validation_error", "retryable": True}, ErrorType.VALIDATION, True),
        (429, {"type": "linkedin_error"}, ErrorType.LINKEDIN, True),
        (200, {"type": "validation_error"}, ErrorType.VALIDATION, False),
        (503, {"retryable": "yes"}, ErrorType.NETWORK, True),
        (503, "timeout", ErrorType.NETWORK, True),
    ],
)
def test_types_of_others_count_for_nothing_and_the_status_for_the_rest(
    status: int, error: Any, type_: ErrorType, again: bool
) -> None:
    answer = _failed(read_answer(status, {"error": error}))

    assert (answer.type, answer.retryable) == (type_, again)


@pytest.mark.parametrize(
    ("status", "body", "untouched"),
    [
        (422, None, True),
        (429, None, True),
        (500, {"error": "no"}, True),
        (500, None, False),
        (503, None, False),
        (408, None, False),
        (409, None, False),
    ],
)
def test_only_a_worker_that_says_no_has_certainly_done_nothing(status: int, body: Any, untouched: bool) -> None:
    assert _failed(read_answer(status, body)).untouched is untouched


def test_what_is_nested_too_deep_to_be_written_is_not_kept() -> None:
    deep: Any = 1
    for _ in range(100):
        deep = [deep]

    assert storable(deep) == deep
    assert storable({"a": deep}) is None
    assert read_answer(200, [deep]) == Done(None)


@pytest.mark.parametrize("text", [b"", b"<html>", b"\xff\xfe", b"NaN", b"[" * 100_000, b"1" * 5000, b'{"a":1'])
def test_what_is_no_json_says_nothing(text: bytes) -> None:
    assert parsed(text) is None
