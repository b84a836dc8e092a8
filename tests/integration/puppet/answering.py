"""A worker that answers as a test says, and the jobs that it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from local.worker.manners import Job, Reaction
from local.worker.server import Worker
from nightshift.outbound import WebAddress
from puppet.executing import Answer
from puppet.failures import Failure
from puppet.store import ClaimedJob
from tests.support import planted

SECRET, OLD = planted.WORKER, planted.WORKER_BEFORE
DOOR = "https://door.example/"


def job(payload: Any = None, attempt: int = 1, job_id: UUID | None = None) -> ClaimedJob:
    return ClaimedJob(
        id=job_id or uuid4(), user_id="ada@example.com", job_type="send_invite", payload=payload or {}, attempt=attempt,
        max_retries=3, token=uuid4(), batch_id=uuid4(), scheduled_at=datetime.now(UTC), waited_ms=0,
    )  # fmt: skip


@dataclass
class Reacting:
    """A worker that does what a test says."""

    does: Callable[[Job], Reaction] = lambda _: Reaction()

    def __post_init__(self) -> None:
        self.worker = Worker(manner=self._react)

    def _react(self, job: Job) -> Reaction:
        return self.does(job)

    @property
    def address(self) -> WebAddress:
        return WebAddress.parse(self.worker.url)


def failed(answer: Answer) -> Failure:
    assert isinstance(answer, Failure)
    return answer
