"""What the worker does with a job: what the payload's `worker` says, and its work well where that says nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

# Long enough that a retry is never part of the same `make run`.
RETRY_AFTER_S: Final = 600


@dataclass(frozen=True)
class Job:
    """One attempt at a job, as it came."""

    id: str
    type: str
    user_id: str
    payload: Mapping[str, Any]
    attempt: int
    callback_url: str
    callback_token: str
    key: str

    @property
    def manner(self) -> str:
        """What the worker is asked to do with it."""
        return str(self.payload.get("worker", "succeed"))


@dataclass(frozen=True)
class Reaction:
    """What the worker answers: nothing at all with `hangs`, and later as well where `callback` has something to say."""

    status: int = 200
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    callback: Mapping[str, Any] | None = None


def _done(job: Job) -> dict[str, Any]:
    return {"did": job.type, "for": job.user_id}


def _refused(_job: Job) -> Reaction:
    error = {"type": "validation_error", "message": "there is no such profile", "retryable": False}
    return Reaction(422, {"error": error})


def _busy_at_first(job: Job) -> Reaction:
    if job.attempt > 1:
        return Reaction(body=_done(job))
    return Reaction(429, {"error": {"type": "rate_limit"}}, {"Retry-After": str(RETRY_AFTER_S)})


def _broken_at_first(job: Job) -> Reaction:
    return Reaction(body=_done(job)) if job.attempt > 1 else Reaction(503)


def _says_failed(_job: Job) -> Reaction:
    # With a status of 200, as some do.
    error = {"type": "linkedin_error", "message": "the weekly limit is reached", "retryable": False}
    return Reaction(body={"status": "failed", "error": error})


_MANNERS: Final[Mapping[str, Callable[[Job], Reaction]]] = {
    "succeed": lambda job: Reaction(body=_done(job)),
    "refuse": _refused,
    "busy-at-first": _busy_at_first,
    "broken-at-first": _broken_at_first,
    "say-failed": _says_failed,
    "hang": lambda _: Reaction(hangs=True),
    "later": lambda job: Reaction(202, callback={"status": "done", "result": _done(job)}),
    "fail-later": lambda _: Reaction(202, callback={"status": "failed", "error": {"type": "linkedin_error"}}),
}


def react(job: Job) -> Reaction:
    """Return what the worker does with a job."""
    manner = _MANNERS.get(job.manner)
    if manner is None:
        return Reaction(400, {"error": {"message": f"worker must be one of {', '.join(_MANNERS)}"}})
    return manner(job)
