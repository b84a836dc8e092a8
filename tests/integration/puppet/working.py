"""Jobs in a real queue, a processor for them, and executors that do what a test says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from nightshift.connecting import Address
from nightshift.database import Database
from puppet.configuration import Configuration
from puppet.executing import Answer, Done, JobType
from puppet.processing import Hooks, Processed, process
from puppet.store import ClaimedJob

Carry = Callable[[ClaimedJob, float], Answer]


def configuration(**changes: Any) -> Configuration:
    """Generous limits and short times."""
    values: dict[str, Any] = {
        "batch_size": 20,
        "max_concurrent_jobs": 10,
        "per_user_limit": 10,
        "job_timeout_s": 5,
        "stuck_after_s": 300,
        "max_retries": 3,
        "invite_cooldown_days": 30,
    }
    return Configuration(**{**values, **changes})


@contextmanager
def connected(url: str) -> Iterator[Database]:
    """A connection of its own, as every processor has one."""
    database = Database(lambda **_: Address.from_url(url), "test")
    try:
        yield database
    finally:
        database.close()


def done(job: ClaimedJob, _timeout_s: float) -> Answer:
    """Do nothing, well."""
    return Done({"did": job.job_type})


def types(**executors: Carry | JobType) -> Mapping[str, JobType]:
    """Job types by name, from functions."""
    return {name: each if isinstance(each, JobType) else JobType(each) for name, each in executors.items()}


class Queue:
    """The queue as a test fills and reads it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def put(self, job_type: str = "work", jobs: int = 1, **columns: Any) -> list[str]:
        """Put jobs, each of a user of its own unless `user_id` says; return their ids."""
        ids = [str(uuid4()) for _ in range(jobs)]
        names = ["id", "job_type", *(columns.keys() | {"user_id"})]
        for number, job_id in enumerate(ids):
            row = {"user_id": f"user {number}", **columns, "id": job_id, "job_type": job_type}
            row = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in row.items()}
            marks = ", ".join(f":{name}" for name in names)
            self._connection.run(f"INSERT INTO puppet_jobs ({', '.join(names)}) VALUES ({marks})", **row)
        return ids

    def run(self, statement: str, **values: Any) -> list[Any]:
        """What a statement answers."""
        return list(self._connection.run(statement, **values) or [])

    def job(self, job_id: str) -> dict[str, Any]:
        """One job as it stands."""
        rows = self.run("SELECT to_jsonb(j) FROM puppet_jobs AS j WHERE id = :id", id=job_id)
        return dict(rows[0][0])

    def logs(self, job_id: str) -> list[dict[str, Any]]:
        """What is logged of it, the oldest first."""
        rows = self.run(
            "SELECT to_jsonb(l) FROM puppet_job_execution_logs AS l WHERE job_id = :id ORDER BY finished_at", id=job_id
        )
        return [row[0] for row in rows]

    def statuses(self) -> dict[str, int]:
        """How many jobs there are of each final status (or status, where they have none yet)."""
        rows = self.run("SELECT coalesce(final_status, status), count(*) FROM puppet_jobs GROUP BY 1")
        return dict(rows)

    def make_due(self) -> None:
        """Let the time pass that retries wait for."""
        self.run("UPDATE puppet_jobs SET scheduled_at = now() WHERE status = 'pending'")


def work(
    database: Database,
    job_types: Mapping[str, JobType],
    in_force: Configuration | None = None,
    *,
    time_left_s: float = 600.0,
    hooks: Hooks | None = None,
) -> Processed:
    """Let one processor work until it ends."""
    deadline = (hooks or Hooks()).monotonic() + time_left_s
    return process(database, str(uuid4()), in_force or configuration(), job_types, deadline=deadline, hooks=hooks)


def eventually(is_so: Callable[[], bool], within_s: float = 10.0) -> bool:
    """Whether something becomes true soon."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.01)
    return is_so()


def outcomes(logs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The outcomes of attempts."""
    return [entry["outcome"] for entry in logs]
