"""A POST repeated with its Idempotency-Key does nothing a second time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api import idempotency
from api.idempotency import Key, answer_once
from nightshift.database import Database
from nightshift.routes import Problem, Response
from tests.integration.api.conftest import Workers
from tests.support.door import AS_ADMIN, AS_JOB, Caller

TIDY = "/api/jobs/tidy-up"
KEYED = {**AS_JOB, "Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


def _age(database: Database, seconds: int) -> None:
    database.write("UPDATE idempotency_keys SET created_at = created_at - make_interval(secs => :age)", age=seconds)


def test_the_same_request_gets_the_same_answer_and_starts_nothing(call: Caller, workers: Workers) -> None:
    first = call("POST", TIDY, KEYED, body={"limit": 7}, request_id="r1")
    second = call("POST", TIDY, KEYED, body={"dry": False, "limit": "7"}, request_id="r2")

    assert (first.status, second.status) == (202, 202)
    assert second.body == first.body
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["X-Request-Id"] == "r2"
    assert len(workers.invoked) == 1


def test_a_quoted_key_is_the_same_key(call: Caller, workers: Workers) -> None:
    call("POST", TIDY, {**AS_JOB, "Idempotency-Key": '"k1"'})

    assert call("POST", TIDY, {**AS_JOB, "Idempotency-Key": "k1"}).headers["Idempotency-Replayed"] == "true"
    assert len(workers.invoked) == 1


def test_another_request_with_the_same_key_is_refused(call: Caller, workers: Workers) -> None:
    call("POST", TIDY, KEYED, body={"limit": 7})
    answer = call("POST", TIDY, KEYED, body={"limit": 8})

    assert answer.status == 422
    assert answer.body["type"].endswith("idempotency-key-reused")
    assert len(workers.invoked) == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a b", "ä", '"a', 'a"b', "a\\b", '""', "a\x00"])
def test_what_is_no_key_is_refused(call: Caller, workers: Workers, key: str) -> None:
    answer = call("POST", TIDY, {**AS_JOB, "Idempotency-Key": key})

    assert (answer.status, answer.fields) == (400, {"Idempotency-Key"})
    assert not workers.invoked


def test_keys_of_two_callers_or_two_routes_do_not_meet(call: Caller, workers: Workers) -> None:
    first = call("POST", TIDY, {**AS_JOB, "Idempotency-Key": "k"})
    assert call("POST", "/test/tidy-and-wait", {**AS_ADMIN, "Idempotency-Key": "k"}).status == 429
    assert call("POST", "/test/admin", {**AS_ADMIN, "Idempotency-Key": "k"}).body["principal"] == "admin"
    assert call("POST", "/test/admin", {**AS_JOB, "Idempotency-Key": "k"}).body["principal"] == "job"
    assert first.status == 202
    assert len(workers.invoked) == 1


def test_a_refusal_of_the_caller_is_repeated_as_well(call: Caller, database: Database) -> None:
    first = call("POST", "/test/conflict", KEYED)
    second = call("POST", "/test/conflict", KEYED)

    assert (first.status, second.status) == (409, 409)
    assert second.headers["Content-Type"] == "application/problem+json"
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.body == first.body
    assert database.read("SELECT count(*) AS n FROM idempotency_keys") == [{"n": 1}]


def test_wrong_input_does_not_use_a_key_up(call: Caller, workers: Workers) -> None:
    assert call("POST", TIDY, KEYED, body={"limit": 0}).status == 422
    assert call("POST", TIDY, KEYED, body={"limit": 1}).status == 202
    assert len(workers.invoked) == 1


def test_what_failed_on_our_side_frees_the_key(call: Caller, workers: Workers, database: Database) -> None:
    assert call("POST", "/test/fail", KEYED).status == 500
    workers.refuses = True
    assert call("POST", TIDY, KEYED).status == 503
    workers.refuses = False
    assert call("POST", TIDY, AS_JOB).status == 202
    assert call("POST", TIDY, KEYED).status == 429

    assert database.read("SELECT * FROM idempotency_keys") == []


def test_while_the_first_try_goes_on_the_second_is_told_so(call: Caller, workers: Workers, database: Database) -> None:
    during: list[Any] = []
    workers.then = lambda _event: during.append(database.read("SELECT * FROM idempotency_keys"))
    call("POST", TIDY, KEYED)
    database.write("UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL")

    answer = call("POST", TIDY, KEYED)

    assert len(during[0]) == 1
    assert answer.status == 409
    assert answer.body["type"].endswith("idempotency-key-in-progress")
    assert int(answer.headers["Retry-After"]) > 0
    assert call("POST", TIDY, KEYED, body={"limit": 8}).status == 422


def test_an_abandoned_try_may_be_taken_over(call: Caller, workers: Workers, database: Database) -> None:
    call("POST", "/test/job", KEYED)
    database.write("UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL")
    _age(database, 59)
    assert call("POST", "/test/job", KEYED).status == 409
    _age(database, 2)
    assert answer_of_another(database).value.status == 422
    answer = call("POST", "/test/job", KEYED)

    assert answer.status == 200
    assert "Idempotency-Replayed" not in answer.headers
    assert call("POST", "/test/job", KEYED).headers["Idempotency-Replayed"] == "true"


def answer_of_another(database: Database) -> pytest.ExceptionInfo[Problem]:
    """How the same key with another request is refused."""
    with pytest.raises(Problem) as refused:
        answer_once(database, Key("job POST /test/job", KEYED["Idempotency-Key"], "another"), lambda: Response({}))
    return refused


@pytest.mark.parametrize("status", [200, 500])
def test_who_was_taken_over_settles_nothing_any_more(database: Database, status: int) -> None:
    key = Key("scope", "k", "fingerprint")
    first = idempotency._claim(database, key)
    _age(database, 61)
    second = idempotency._claim(database, key)
    assert first is not None
    assert second is not None

    # The second is still at it.
    idempotency._settle(database, key, first, Response({"by": "the first"}, status))
    assert database.read("SELECT status FROM idempotency_keys") == [{"status": None}]

    idempotency._settle(database, key, second, Response({"by": "the second"}))
    idempotency._settle(database, key, first, Response({"by": "the first"}, status))
    assert answer_once(database, key, lambda: Response({})).body == {"by": "the second"}


def test_a_key_is_forgotten_after_a_day(call: Caller, database: Database) -> None:
    call("POST", "/test/job", KEYED)
    _age(database, 24 * 3600 - 60)
    assert call("POST", "/test/job", KEYED).headers["Idempotency-Replayed"] == "true"
    _age(database, 120)

    assert "Idempotency-Replayed" not in call("POST", "/test/job", KEYED).headers


def test_of_many_at_once_one_is_answered_first(make_caller: Callable[[], Caller], workers: Workers) -> None:
    callers = [make_caller() for _ in range(6)]
    with ThreadPoolExecutor(len(callers)) as threads:
        answers = list(threads.map(lambda call: call("POST", TIDY, KEYED), callers))

    first = [answer for answer in answers if answer.status == 202 and "Idempotency-Replayed" not in answer.headers]
    assert len(first) == 1
    assert {answer.status for answer in answers} <= {202, 409}
    assert len(workers.invoked) == 1
    assert {a.body["runId"] for a in answers if a.status == 202} == {first[0].body["runId"]}


def test_an_answer_that_cannot_be_kept_is_still_given(database: Database) -> None:
    def answer() -> Response:
        database.write("ALTER TABLE idempotency_keys RENAME TO gone")
        return Response({"done": True}, 202)

    try:
        assert answer_once(database, Key("s", "k", "f"), answer).status == 202
    finally:
        database.write("ALTER TABLE gone RENAME TO idempotency_keys")


def test_a_key_taken_by_another_request_is_no_secret_to_a_stranger(call: Caller) -> None:
    call("POST", TIDY, KEYED)

    assert call("POST", TIDY, {"Idempotency-Key": KEYED["Idempotency-Key"]}).status == 401


def test_in_progress_without_a_row_is_a_try_that_has_just_failed(database: Database) -> None:
    key = Key("s", "k", "f")

    def answer() -> Response:
        with pytest.raises(Problem) as refused:
            answer_once(database, key, lambda: Response({}))
        assert refused.value.status == 409
        return Response({}, 503)

    assert answer_once(database, key, answer).status == 503
    assert answer_once(database, key, lambda: Response({"again": True})).body == {"again": True}
