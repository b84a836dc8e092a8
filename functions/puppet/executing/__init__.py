"""How jobs are carried out: by an HTTPS worker or a Lambda function, each job type as the settings say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from puppet.failures import Failure
from puppet.store import ClaimedJob


@dataclass(frozen=True, slots=True)
class Done:
    """The job is done; `result` is what its worker said, as JSON, where it said anything."""

    result: Any = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The worker has taken the job and calls back when it knows what became of it."""


Answer = Done | Accepted | Failure
# Carries out one attempt within so many seconds. Called by several threads at once.
Executor = Callable[[ClaimedJob, float], Answer]


@dataclass(frozen=True)
class JobType:
    """How the jobs of one type are carried out.

    Attributes:
        timeout_s: how long an attempt may take, where it is not as long as everybody's.
        callback_s: how long a worker that took a job may take until it calls back.
        is_invite: whether such a job invites somebody, whom it must not invite again too soon.
    """

    execute: Executor
    timeout_s: float | None = None
    callback_s: float = 900.0
    is_invite: bool = False


JobTypes = Mapping[str, JobType]
