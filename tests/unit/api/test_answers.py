"""What every answer has, what failures look like, and the one line a request leaves."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from api.answers import problem_of, timestamp, to_json
from nightshift.errors import (
    DatabaseBusy,
    DatabaseError,
    DatabaseUnavailable,
    InvalidRequest,
    JobFailed,
    LeaseLost,
    LockUnavailable,
    SecretUnavailable,
)
from tests.support import door as support
from tests.support.door import Caller


@pytest.mark.parametrize("path", ["/healthz", "/nope", "/test/fail", "/test/teapot", "/api/jobs"])
def test_every_answer_is_kept_by_nobody_and_names_its_request(call: Caller, path: str) -> None:
    headers = call("GET", path, request_id="abc=").headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Request-Id"] == "abc="


def test_what_nobody_expected_tells_the_caller_the_request_id_and_the_log_the_rest(
    call: Caller, lines: io.StringIO
) -> None:
    answer = call("GET", "/test/fail", request_id="find-me")

    assert answer.status == 500
    assert answer.body["requestId"] == "find-me"
    assert "nobody expected" not in answer.text
    logged = json.loads(lines.getvalue().splitlines()[0])
    assert logged["request_id"] == "find-me"
    assert "nobody expected this" in logged["exception"]
    assert "tests/support/door.py" in logged["exception"]


def test_a_route_may_refuse_and_may_answer_in_its_own_form(call: Caller) -> None:
    refused = call("POST", "/test/conflict", support.AS_JOB)
    assert (refused.status, refused.body["version"]) == (409, 7)
    assert refused.body["title"] == "Not possible in the present state"
    assert refused.body["type"] == "/docs/problems.md#conflict"

    own = call("GET", "/test/teapot")
    assert (own.status, own.body, own.headers["X-Pot"]) == (418, {"success": False}, "short")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DatabaseBusy(), 503), (DatabaseUnavailable(), 503), (LockUnavailable(), 503), (LeaseLost(), 503),
        (SecretUnavailable("no"), 503),
        (JobFailed("no"), 503), (InvalidRequest(["a must be b"]), 422),
    ],
)  # fmt: skip
def test_what_passes_is_a_503_with_a_time_to_come_back(error: Exception, status: int) -> None:
    problem = problem_of(error)

    assert problem is not None
    assert problem.status == status
    assert status == 422 or int(problem.headers["Retry-After"]) > 0


def test_other_failures_are_nobodys_business() -> None:
    assert problem_of(DatabaseError("relation does not exist")) is None
    assert problem_of(ValueError("x")) is None


def test_a_request_leaves_one_line_without_query_or_headers(call: Caller, lines: io.StringIO) -> None:
    call("GET", "/test/items/one", support.AS_READER, query={"token": "confidential"}, request_id="r1")

    [line] = lines.getvalue().splitlines()
    logged = json.loads(line)
    assert {name: logged[name] for name in ("method", "route", "status", "principal", "request_id", "service")} == {
        "method": "GET", "route": "/test/items/{item}", "status": 422, "principal": "read", "request_id": "r1",
        "service": "api",
    }  # fmt: skip
    assert logged["duration_ms"] >= 0
    assert "confidential" not in line


def test_json_is_plain_ascii_with_times_and_money_as_text() -> None:
    at = datetime(2026, 11, 22, 16, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=1)))
    body = {"at": at, "price": Decimal("9.90"), "id": UUID(int=1), "name": "é\ud800"}

    assert json.loads(to_json(body)) == {
        "at": "2026-11-22T15:00:00.123Z", "price": "9.90", "id": str(UUID(int=1)), "name": "é\ud800",
    }  # fmt: skip
    assert to_json(body).isascii()
    with pytest.raises(TypeError):
        to_json({"a": object()})


def test_times_are_utc() -> None:
    assert timestamp(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"
    assert timestamp(None) is None
