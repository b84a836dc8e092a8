"""Attempts, jobs, processors and runs as the processor would have left them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pg8000.native

BATCH = "00000000-0000-0000-0000-00000000000a"
# Times are given as intervals before now, or as times.
_ATTEMPT = {
    "user_id": "ada", "job_type": "send_invite", "attempt": 1, "processor_id": "p1", "batch_id": BATCH,
    "outcome": "success", "error_type": None, "error": None, "will_retry": False, "waited_ms": 1000,
    "duration_ms": 2000,
}  # fmt: skip
_JOB = {
    "user_id": "ada", "job_type": "send_invite", "status": "pending", "final_status": None, "attempts": 0,
    "processor_id": None,
}  # fmt: skip


@dataclass(frozen=True)
class History:
    """Writes rows with as little said as a test needs."""

    connection: pg8000.native.Connection

    def run(self, statement: str, **values: Any) -> Any:
        return self.connection.run(statement, **values)

    def one(self, statement: str, **values: Any) -> Any:
        return self.run(statement, **values)[0][0]

    def attempt(self, *, count: int = 1, ago: str = "1 hour", at: str | None = None, **given: Any) -> None:
        """`count` attempts that ended `ago`, or at the time `at`."""
        row = {**_ATTEMPT, **given}
        names = ", ".join(row)
        ended = "CAST(:at AS timestamptz)" if at else "now() - CAST(:ago AS interval)"
        marks = ", ".join(f":{name}" for name in row)
        for _ in range(count):
            self.run(
                f"INSERT INTO puppet_job_execution_logs (job_id, claim_token, {names}, started_at, finished_at)"
                f" SELECT :job, :token, {marks}, {ended} - make_interval(secs => :seconds), {ended}",
                job=uuid4(), token=uuid4(), seconds=row["duration_ms"] / 1000, **({"at": at} if at else {"ago": ago}),
                **row,
            )  # fmt: skip

    def failure(self, error_type: str = "network", **given: Any) -> None:
        """Attempts that failed."""
        self.attempt(**{"outcome": "failed", "error_type": error_type, **given})

    def job(self, *, count: int = 1, due: str = "1 minute", beat: str = "1 second", **given: Any) -> None:
        """`count` jobs that have been due since `due`; in flight with a heartbeat `beat` ago."""
        row = {**_JOB, **given}
        flying = row["status"] in ("running", "waiting")
        if flying and row["processor_id"] is None:
            row["processor_id"] = "p1"
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        for _ in range(count):
            self.run(
                f"INSERT INTO puppet_jobs ({names}, scheduled_at, claim_token, batch_id, claimed_at, heartbeat_at,"
                f" waited_ms, deadline_at) VALUES ({marks}, now() - CAST(:due AS interval), :token, :batch,"
                " now() - CAST(:beat AS interval), now() - CAST(:beat AS interval), 0,"
                " now() - CAST(:beat AS interval))",
                due=due, token=uuid4() if flying else None, batch=BATCH if flying else None, beat=beat, **row,
            )  # fmt: skip

    def processor(self, name: str = "p1", beat: str = "1 second", status: str = "running") -> None:
        """A processor that was heard of `beat` ago."""
        self.run(
            "INSERT INTO puppet_cron_processor_state (processor_id, run_id, status, started_at, heartbeat_at)"
            " VALUES (:name, :run, :status, now() - CAST(:beat AS interval), now() - CAST(:beat AS interval))",
            name=name, run=uuid4(), status=status, beat=beat,
        )  # fmt: skip
