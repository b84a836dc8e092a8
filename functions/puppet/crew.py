"""The jobs that a processor has at work: carried out by threads, watched, and collected as they end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from puppet.executing import JobTypes
from puppet.failures import ErrorType, failure
from puppet.results import Ending
from puppet.store import ClaimedJob
from puppet.threads import NOT_ENDED, Task, Threads

# Results are written together with those that come within this time, or when there are so many.
LINGER_S: Final = 0.05
_MOST_RESULTS: Final = 500
# How often it is looked whether a thread hangs, and how long after its time-out it may: its own time-out comes first.
WATCH_S: Final = 0.25
_GRACE_S: Final = 1.0


class Crew:
    """Carries out claimed jobs; `at_work` has those that are not settled yet, by the tokens of their claims."""

    def __init__(
        self,
        job_types: JobTypes,
        timeout_s: float,
        log: Any,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take who carries out what, and how long an attempt may take where its type does not say."""
        self.at_work: dict[UUID, Task] = {}
        self._job_types = job_types
        self._timeout_s = timeout_s
        self._log = log
        self._now = monotonic
        self._threads = Threads(self._carry_out, monotonic=monotonic)
        self._ended: list[Task] = []
        self._watch_at = 0.0

    @property
    def longest_s(self) -> float:
        """How long an attempt of any type may take."""
        return max([self._timeout_s, *(each.timeout_s or 0.0 for each in self._job_types.values())])

    def timeout_s(self, job: ClaimedJob) -> float:
        """Return how long an attempt at this job may take."""
        job_type = self._job_types.get(job.job_type)
        return (job_type and job_type.timeout_s) or self._timeout_s

    def callback_s(self, job: ClaimedJob) -> float:
        """Return how long the job's worker may take until it calls back."""
        job_type = self._job_types.get(job.job_type)
        return job_type.callback_s if job_type else 0.0

    def begin(self, jobs: Sequence[ClaimedJob], endings: Mapping[UUID, Ending]) -> None:
        """Let jobs be carried out, but for those whose endings are known already."""
        tasks = [Task(job, ending=endings.get(job.id, NOT_ENDED)) for job in jobs]
        self.at_work.update((task.job.token, task) for task in tasks)
        if endings:
            self._ended += [task for task in tasks if task.job.id in endings]
            tasks = [task for task in tasks if task.job.id not in endings]
        self._threads.submit(tasks, len(self.at_work))

    def collect(self, wait_s: float) -> list[Task]:
        """Wait for tasks that end, and a moment longer for others that end with them; return those that are awaited."""
        ended, self._ended = self._ended, []
        ended += self._threads.collect(0.0 if ended else min(wait_s, WATCH_S))
        until = self._now() + LINGER_S
        while ended and len(ended) < min(len(self.at_work), _MOST_RESULTS) and (left_s := until - self._now()) > 0:
            ended += self._threads.collect(left_s)
        return [task for task in (*ended, *self._overdue()) if self._is_awaited(task)]

    def put_back(self, tasks: Sequence[Task]) -> None:
        """Keep tasks that ended and could not be written, for the next time."""
        self._ended += tasks

    def settle(self, task: Task) -> None:
        """Know no more of a task: it is written."""
        del self.at_work[task.job.token]

    def withdraw(self) -> list[UUID]:
        """Take back what no thread has begun, and return the tokens of its claims."""
        tokens = [task.job.token for task in self._threads.withdraw()]
        for token in tokens:
            self.at_work.pop(token, None)
        return tokens

    def close(self) -> None:
        """Let the threads end, each after its task."""
        self._threads.close()

    def _carry_out(self, job: ClaimedJob) -> Ending:
        """Carry out one attempt, in a thread; whatever goes wrong is this job's trouble alone."""
        job_type = self._job_types.get(job.job_type)
        if job_type is None:
            known = ", ".join(sorted(self._job_types)) or "none"
            told = f"there is no job type {job.job_type[:100]!r}; there are: {known}"
            return failure(ErrorType.VALIDATION, told, untouched=True)
        try:
            return job_type.execute(job, job_type.timeout_s or self._timeout_s)
        except Exception as error:  # noqa: BLE001  # said above
            self._log.exception("Executor failed", job_id=str(job.id), job_type=job.job_type)
            return failure(ErrorType.UNKNOWN, f"the executor failed ({type(error).__name__})")

    def _overdue(self) -> list[Task]:
        """End the wait for tasks whose threads hang in spite of their time-outs."""
        now = self._now()
        if now < self._watch_at:
            return []
        self._watch_at = now + WATCH_S
        told = failure(ErrorType.TIMEOUT, "there was no answer in time")
        # Other objects, because the threads still have the first ones and may fill them in at any moment.
        overdue = [
            Task(task.job, task.begun_at, now, told) for task in self.at_work.values() if self._is_overdue(task, now)
        ]
        for task in overdue:
            self.at_work[task.job.token] = task
            self._threads.abandon()
        return overdue

    def _is_overdue(self, task: Task, now: float) -> bool:
        if task.begun_at is None or task.ended_at is not None:
            return False
        return now - task.begun_at > self.timeout_s(task.job) + _GRACE_S

    def _is_awaited(self, task: Task) -> bool:
        if self.at_work.get(task.job.token) is task:
            return True
        self._log.warning("Late answer dropped", job_id=str(task.job.id), attempt=task.job.attempt)
        return False
