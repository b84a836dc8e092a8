"""The route on which a worker that took a job (202) says later what became of it.

It is open, as the door has no secret for each attempt: what lets a worker in is the token that it got with the job.
That is good for this attempt alone, and only while nothing else has become of it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from nightshift import Choice, Text
from nightshift.routes import Guard, Json, Problem, Request, Route
from nightshift.settings import load
from nightshift.sql import queries
from nightshift.telemetry import logger
from puppet import invites, store
from puppet.configuration import read_configuration
from puppet.executing.answers import read_answer, storable
from puppet.failures import Failure
from puppet.results import retry_in_s
from puppet.settings import CallbackSettings
from puppet.signing import MAX_TOKEN_LENGTH, Attempt, read_callback_token
from puppet.store import Result

if TYPE_CHECKING:
    from nightshift.database import Database

_FAILED: Final = "failed"


@dataclass(frozen=True)
class Document:
    """A JSON object of whatever content; its size is bounded with that of the body."""

    name: str
    description: str = ""
    default: None = None

    def parse(self, raw: Any) -> Mapping[str, Any]:
        """Accept a JSON object."""
        if not isinstance(raw, dict):
            raise ValueError(f"{self.name} must be a JSON object")  # noqa: TRY004  # how parameters refuse
        return raw

    def schema(self) -> Json:
        """Return its JSON Schema."""
        return {"type": "object", "additionalProperties": True}


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


_JOB_ID: Final = Text(
    "jobId", 36, r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "a UUID", description="As the job came."
)
ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/api/cron/callback/{jobId}",
        Guard.OPEN,
        take,
        "Say what became of a job that a worker has taken; its callbackToken is the guard",
        path_parameters=(_JOB_ID,),
        body=(
            Text("token", MAX_TOKEN_LENGTH, description="The callbackToken that came with the job."),
            Choice("status", ("done", _FAILED), "done", "How it ended."),
            Document("result", "What the job found, where it did."),
            Document("error", "Where it failed: type, message, retryable and retryAfterSeconds, all optional."),
        ),
        required=("token",),
        problems=("unauthorized", "attempt-over", "gone"),
        schema={
            "type": "object",
            "properties": {
                "jobId": {"type": "string", "format": "uuid"},
                "attempt": {"type": "integer"},
                "recorded": {"type": "boolean"},
            },
            "required": ["jobId", "attempt", "recorded"],
        },
    ),
)
