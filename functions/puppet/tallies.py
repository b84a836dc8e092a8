"""Counts what became of jobs, for each batch and for a whole run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from nightshift.runs import MAX_ERRORS
from puppet.alerting import BatchSummary
from puppet.store import ClaimedJob, Result


@dataclass(slots=True)
class Batch:
    """Jobs that were claimed under one id; `room` is how many more may be, `open` how many have not ended."""

    id: UUID
    room: int
    claimed: int = 0
    open: int = 0
    succeeded: int = 0
    failed: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    def take(self, jobs: int) -> None:
        """Count jobs that were claimed under its id."""
        self.room -= jobs
        self.claimed += jobs
        self.open += jobs

    @property
    def is_over(self) -> bool:
        """Whether it is full and all of it has ended."""
        return self.room <= 0 and self.open == 0

    @property
    def summary(self) -> BatchSummary:
        """What people are told of it."""
        return BatchSummary(str(self.id), self.succeeded, self.failed, dict(self.errors))


@dataclass(slots=True)
class Tally:
    """What became of all jobs of a run.

    `counts` has claimed, success, failed, timeout, duplicate, waiting (taken by a worker that calls back), retried (of
    those that failed or timed out), refused (their claim was lost), given_back and batches.
    """

    counts: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def add(self, job: ClaimedJob, result: Result, batch: Batch) -> None:
        """Count one attempt that has ended and been written."""
        self.counts[result.outcome] += 1
        batch.open -= 1
        if result.outcome == "success":
            batch.succeeded += 1
        elif result.error_type is not None:
            batch.failed += 1
            batch.errors[result.error_type] += 1
            self.counts["retried"] += result.retry_in_s is not None
            if len(self.errors) < MAX_ERRORS:
                self.errors.append(f"{job.job_type} {job.id}: {result.error_type}: {result.error}")

    def add_refused(self, batch: Batch) -> None:
        """Count one whose claim was lost: somebody else says what becomes of the job."""
        self.counts["refused"] += 1
        batch.open -= 1
