"""What a worker that took a job (202) says later of it: checked, written down once, fenced as every result."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from nightshift.routes import Json, Problem, Request
from nightshift.settings import load
from nightshift.sql import queries
from nightshift.telemetry import logger
from puppet import invites, store
from puppet.configuration import read_configuration
from puppet.executing.answers import read_answer, storable
from puppet.failures import Failure
from puppet.results import retry_in_s
from puppet.settings import CallbackSettings
from puppet.signing import Attempt, read_callback_token
from puppet.store import Result

if TYPE_CHECKING:
    from nightshift.database import Database

_FAILED: Final = "failed"


def take(request: Request) -> Json:
    """Write down what a worker says, once.

    Raises:
        Problem: 401, the token is not one of ours for this job; 409, something else has become of the attempt (it took
            too long, or it was answered otherwise); 410, the job is gone; 503, no secret is configured.
    """
    attempt = _attempt(request)
    failure = _failure(request.body)
    database = request.platform.database
    found = database.read(queries("puppet", "callbacks.sql")["job"], job_id=attempt.job_id)
    if not found:
        raise Problem(410, "there is no such job any more", kind="gone")
    result = _result(attempt, failure, request.body["result"], found[0]["took_ms"], database)
    if not store.complete_later(database, result):
        logger("puppet-jobs").warning("Late callback refused", job_id=attempt.job_id, attempt=attempt.number)
        raise Problem(409, "it is too late: this attempt has ended otherwise", kind="attempt-over")
    is_over = failure is not None and failure.untouched and result.retry_in_s is None
    invites.respond_later(database, result.job_id, result.error_type or result.outcome, releases=is_over)
    return {"jobId": attempt.job_id, "attempt": attempt.number, "recorded": True}


def _attempt(request: Request) -> Attempt:
    secrets = request.platform.secrets.values(load(CallbackSettings, os.environ).secret_ref)
    if not secrets:
        raise Problem(503, "callbacks are closed: no secret is configured", kind="no-secret-configured")
    attempt = read_callback_token(request.path["jobId"].lower(), request.body["token"], secrets)
    if attempt is None:
        raise Problem(401, "the token must be the callbackToken that came with this job")
    return attempt


def _failure(body: Mapping[str, Any]) -> Failure | None:
    if body["status"] != _FAILED and not body["error"]:
        return None
    answer = read_answer(200, {"status": _FAILED, "error": body["error"] or {}})
    return answer if isinstance(answer, Failure) else None


def _result(attempt: Attempt, failure: Failure | None, result: Any, took_ms: int, database: Database) -> Result:
    job_id, token = UUID(attempt.job_id), UUID(attempt.claim)
    if failure is None:
        return Result(job_id, token, "success", result=storable(result), duration_ms=took_ms)
    most = read_configuration(database).max_retries
    return Result(
        job_id,
        token,
        _FAILED,
        error_type=failure.type.value,
        error=failure.message,
        retry_in_s=retry_in_s(failure, attempt.number, most),
        duration_ms=took_ms,
    )
