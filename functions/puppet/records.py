"""What the queue of puppet jobs hands out and takes back: limits, claimed jobs, results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Outcome = Literal["success", "failed", "timeout", "duplicate", "waiting"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be in flight at once, over all processors together.

    Attributes:
        batch_size: jobs that one claim takes at most.
        max_concurrent: jobs in flight at most.
        per_user: jobs of one user in flight at most.
        stuck_after_s: how long after its last sign of life a job in flight counts as abandoned.
    """

    batch_size: int = 20
    max_concurrent: int = 10
    per_user: int = 2
    stuck_after_s: int = 300


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """One attempt at a job, for whoever holds its token.

    Attributes:
        attempt: 1 for the first.
        token: what shows, with every later word about this attempt, that it is still ours.
        waited_ms: between when it was due and when it was claimed.
    """

    id: UUID
    user_id: str
    job_type: str
    payload: Any
    attempt: int
    max_retries: int
    token: UUID
    batch_id: UUID
    scheduled_at: datetime
    waited_ms: int
    concurrency_group: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an attempt.

    Attributes:
        outcome: `waiting`: the worker took it and will say later; it stays in flight until then.
        retry_in_s: after how long to try again, as long as the job has attempts left; None: this is final.
        result: what the worker answered, JSON-ready.
        deadline_s: of `waiting`: after how long the worker is waited for no longer.
    """

    job_id: UUID
    token: UUID
    outcome: Outcome
    error_type: str | None = None
    error: str | None = None
    retry_in_s: float | None = None
    result: Mapping[str, Any] | None = None
    duration_ms: int = 0
    deadline_s: float | None = None
