"""HTTPS workers, for real: what they are sent, what their answers mean, and that no server can hold a job for ever."""

from __future__ import annotations

import time

import pytest

from local.worker.manners import Reaction
from local.worker.server import Worker
from nightshift.outbound import WebAddress
from puppet.executing import Accepted, Done
from puppet.executing.http import HttpWorkers
from puppet.executing.requests import Requests
from puppet.failures import ErrorType
from puppet.signing import read_callback_token
from tests.integration.puppet.answering import DOOR, OLD, SECRET, Reacting, failed, job

# ---- What is sent ----------------------------------------------------------------------------------------------------


def test_a_worker_gets_the_job_with_a_key_and_a_way_to_call_back(workers: HttpWorkers, reacting: Reacting) -> None:
    sent = job({"profile": "Zo\u00eb", "n": 1}, attempt=2)

    assert workers.execute(reacting.address, sent, 5) == Done({})
    (got,) = reacting.worker.jobs
    assert (got.id, got.type, got.user_id, got.attempt) == (str(sent.id), "send_invite", "ada@example.com", 2)
    assert got.payload == {"profile": "Zo\u00eb", "n": 1}
    assert got.key == f"{sent.id}:2"
    assert got.callback_url == f"https://door.example/api/cron/callback/{sent.id}"
    attempt = read_callback_token(got.id, got.callback_token, [SECRET])
    assert attempt is not None
    assert (attempt.number, attempt.claim) == (2, sent.token.hex)


@pytest.mark.parametrize("known", [SECRET, OLD])
def test_a_worker_that_knows_either_value_of_the_secret_can_tell_who_asks(workers: HttpWorkers, known: str) -> None:
    worker = Worker()
    worker.start(known)
    try:
        assert workers.execute(WebAddress.parse(worker.url), job(), 5) == Done(
            {"did": "send_invite", "for": "ada@example.com"}
        )
    finally:
        worker.stop()


def test_a_worker_with_another_secret_refuses(workers: HttpWorkers) -> None:
    worker = Worker()
    worker.start("some other secret")
    try:
        answer = failed(workers.execute(WebAddress.parse(worker.url), job(), 5))
    finally:
        worker.stop()
    assert (answer.type, answer.retryable) == (ErrorType.AUTHENTICATION, False)


def test_a_recorded_request_is_too_old_soon(reacting: Reacting) -> None:
    stale = HttpWorkers(Requests(DOOR, SECRET), [SECRET], 1, clock=lambda: time.time() - 600)
    try:
        assert failed(stale.execute(reacting.address, job(), 5)).type is ErrorType.AUTHENTICATION
    finally:
        stale.close()


def test_an_attempt_that_comes_twice_is_done_once(workers: HttpWorkers, reacting: Reacting) -> None:
    same = job()
    for _ in range(2):
        workers.execute(reacting.address, same, 5)

    assert len(reacting.worker.jobs) == 1


# ---- What answers mean -----------------------------------------------------------------------------------------------


def test_a_result_comes_back_as_it_was_said(workers: HttpWorkers, reacting: Reacting) -> None:
    reacting.does = lambda _: Reaction(body={"found": [1, 2], "name": "Zo\u00eb"})

    assert workers.execute(reacting.address, job(), 5) == Done({"found": [1, 2], "name": "Zo\u00eb"})


def test_a_job_that_was_taken_is_waited_for(workers: HttpWorkers, reacting: Reacting) -> None:
    reacting.does = lambda _: Reaction(202)

    assert workers.execute(reacting.address, job(), 5) == Accepted()


def test_retry_after_is_heard(workers: HttpWorkers, reacting: Reacting) -> None:
    reacting.does = lambda _: Reaction(429, headers={"Retry-After": "77"})
    answer = failed(workers.execute(reacting.address, job(), 5))

    assert (answer.type, answer.retryable, answer.retry_after_s) == (ErrorType.RATE_LIMIT, True, 77)


def test_a_200_that_says_failed_is_a_failure(workers: HttpWorkers, reacting: Reacting) -> None:
    reacting.does = lambda _: Reaction(body={"status": "failed", "error": {"type": "linkedin_error", "message": "no"}})
    answer = failed(workers.execute(reacting.address, job(), 5))

    assert (answer.type, answer.message) == (ErrorType.LINKEDIN, "the worker says that the job failed: no")


def test_a_redirect_is_not_followed(workers: HttpWorkers, reacting: Reacting) -> None:
    reacting.does = lambda _: Reaction(307, headers={"Location": reacting.worker.url})
    answer = failed(workers.execute(reacting.address, job(), 5))

    assert (answer.message, answer.retryable) == ("the worker answered 307", False)
    assert len(reacting.worker.jobs) == 1
