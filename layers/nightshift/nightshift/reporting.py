"""What is said of one run: its lines in the log, its metrics, the record of a bad end, and the alert that follows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NoReturn

from nightshift import runs
from nightshift.alerts.run_ends import RunEnds
from nightshift.errors import JobFailed, NightshiftError
from nightshift.job import Job, Outcome, Run
from nightshift.platform import Platform
from nightshift.runs import AlertPolicy, RunRecord
from nightshift.telemetry import emit, logger


class Report:
    """The report of one run; every line of it carries the same facts."""

    def __init__(self, job: Job, base: Platform, record: RunRecord, part: int, started: float, ends_at: float) -> None:
        """Take what is run, since when, and when the invocation ends, both on the monotonic clock."""
        self._job = job
        self._platform = base
        self._record = record
        self._started = started
        self._ends_at = ends_at
        # Whether its end is something that people are told.
        self._has_news = False
        self._log = logger(job.name)
        # Every line of this run carries its id, also those that the job's own work writes.
        self._log.append_keys(run_id=record.id)
        self._run_ends = RunEnds(job.name, self._log)
        self._facts: dict[str, Any] = {
            "run_id": record.id, "job": job.name, "trigger": record.trigger,
            "slot": record.slot.isoformat() if record.slot else None, "part": part,
        }  # fmt: skip

    def started(self, paused: str) -> None:
        """Say that the work begins; `paused` says by whom and why its job is paused, where it is."""
        said: dict[str, Any] = {"paused": paused} if paused else {}
        self._log.info("Job started", **self._facts, **said)

    def warn(self, message: str, error: Exception, **facts: Any) -> None:
        """Say what did not go as it should and does not end the run."""
        self._log.warning(message, error=str(error), **facts, **self._facts)

    def alert_policy(self, error: BaseException | None = None) -> AlertPolicy | None:
        """Return how the end with this error is noted for alerts, None where they are off."""
        return self._run_ends.alert_policy(error)

    def note_end(self, row: Mapping[str, Any]) -> None:
        """Take in what the statement that ended the run has answered."""
        self._has_news |= bool(row.get("has_news"))

    def record_end(self, statement: str) -> None:
        """Write how a run ended badly; the report that follows matters more than this record."""
        try:
            rows = self._platform.database.write(statement)
            self.note_end(rows[0] if rows else {})
        except Exception as error:  # noqa: BLE001  # said above
            self._log.error("Run not recorded", error=str(error), **self._facts)

    def finished(self, status: str, run: Run, outcome: Outcome, totals: Mapping[str, Any]) -> dict[str, Any]:
        """Report a run that succeeded or goes on in another part, and return its result."""
        result = {
            "jobType": self._job.name,
            "status": status,
            "processed": totals.get("processed", outcome.processed),
            "failed": totals.get("failed", outcome.failed),
            "errors": totals.get("errors", list(outcome.errors)[: runs.MAX_ERRORS]),
            "duration": totals.get("duration_ms", self._elapsed_ms()),
            "metadata": totals.get("metadata", dict(outcome.metadata)),
        }
        if self._job.processed_as:
            result[self._job.processed_as] = result["processed"]
        self._log.info(self._job.completed, **result, **self._facts)
        emit(self._job.name, {
            "RunsSucceeded" if status == "succeeded" else "RunsContinued": ("Count", 1),
            "ItemsProcessed": ("Count", outcome.processed),
            "ItemsFailed": ("Count", outcome.failed),
            "Duration": ("Milliseconds", self._elapsed_ms()),
            **run.metrics,
        })  # fmt: skip
        self._alert()
        return {**result, **self._facts}

    def skipped(self, reason: str, error: Exception, *, overrun: bool = False) -> dict[str, Any]:
        """Report a run that did nothing, and return its result."""
        self._log.info(
            "Job skipped",
            jobType=self._job.name,
            status="skipped",
            reason=reason,
            detail=str(error),
            **self._facts,
        )
        emit(self._job.name, {"Overruns" if overrun else "RunsSkipped": ("Count", 1)})
        return {**self._facts, "status": "skipped", "reason": reason, "detail": str(error)}

    def failed(self, error: Exception) -> NoReturn:
        """Report a failed run and raise, so that Lambda counts the error and retries a scheduled event.

        Raises:
            JobFailed: always.
        """
        expected = isinstance(error, NightshiftError)
        said = f"{type(error).__name__}: {error}"
        policy = self.alert_policy(error)
        self.record_end(runs.unstarted(self._record, "failed", type(error).__name__, said, alerting=policy))
        self._log.error(
            "Job failed", jobType=self._job.name, status="failed", error=said, duration=self._elapsed_ms(),
            exc_info=None if expected else error, **self._facts,
        )  # fmt: skip
        emit(self._job.name, {"RunsFailed": ("Count", 1), "Duration": ("Milliseconds", self._elapsed_ms())})
        self._alert()
        raise JobFailed(f"{self._job.name}: {said}") from error

    def _alert(self) -> None:
        """Send the alert that the end of this run is, now that nobody waits for its lock."""
        if self._has_news:
            record = self._record
            unlocked = Run(record.id, self._job, record.trigger, record.params or {}, self._platform, self._ends_at)
            self._run_ends.send(unlocked, self._ends_at)

    def _elapsed_ms(self) -> int:
        return round((time.monotonic() - self._started) * 1000)
