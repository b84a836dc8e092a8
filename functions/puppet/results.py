"""What an answer means for its job: done, waiting, a duplicate, tried again later, or failed for good."""

from __future__ import annotations

from dataclasses import dataclass

from puppet.backoff import delay_s
from puppet.executing import Accepted, Answer, Done
from puppet.failures import ErrorType, Failure
from puppet.store import ClaimedJob, Result


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An invite that was not sent, because the same person has invited this profile within the cooldown."""

    profile: str


Ending = Answer | Duplicate


def result_of(job: ClaimedJob, ending: Ending, duration_ms: int, max_retries: int, callback_s: float) -> Result:
    """Return what is to be written of an attempt.

    Args:
        job: the attempt.
        ending: what came of it.
        duration_ms: how long it took.
        max_retries: how often a job may be tried again at most, whatever it allows itself.
        callback_s: how long a worker that took the job may take until it calls back.
    """
    if isinstance(ending, Done):
        return Result(job.id, job.token, "success", result=ending.result, duration_ms=duration_ms)
    if isinstance(ending, Accepted):
        return Result(job.id, job.token, "waiting", duration_ms=duration_ms, deadline_s=callback_s)
    if isinstance(ending, Duplicate):
        told = f"{ending.profile} was invited within the cooldown already"
        return Result(job.id, job.token, "duplicate", error=told, duration_ms=duration_ms)
    return Result(
        job.id,
        job.token,
        "timeout" if ending.type is ErrorType.TIMEOUT else "failed",
        error_type=ending.type.value,
        error=ending.message,
        retry_in_s=retry_in_s(ending, job.attempt, min(job.max_retries, max_retries)),
        duration_ms=duration_ms,
    )


def retry_in_s(failure: Failure, attempt: int, max_retries: int) -> float | None:
    """Return after how long a failed attempt is followed by another; None where it is not."""
    if not failure.retryable or attempt > max_retries:
        return None
    return delay_s(attempt, failure.retry_after_s)
