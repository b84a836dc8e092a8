"""What happens around the work of every run, in the order in which it happens."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from nightshift import fence, handover, runs
from nightshift.errors import (
    InvalidEvent,
    InvalidRequest,
    JobFailed,
    JobPaused,
    LeaseLost,
    LockError,
    LockRefused,
    LockUnavailable,
    NightshiftError,
    SlotAlreadyDone,
    StaleFence,
)
from nightshift.event import JobEvent
from nightshift.job import Job, Outcome, Run
from nightshift.lease import Lease, Refusal
from nightshift.platform import Platform, platform
from nightshift.reporting import Report
from nightshift.runs import RunRecord
from nightshift.telemetry import emit, logger

# Without a Lambda context (a test, a shell) a run may take this long.
_NO_CONTEXT_S = 900.0
# Kept back from the lease for finishing: the last transaction, the release, the end line.
_RESERVE_S = 10.0
# Somebody newer holds the lock or has done the slot, and what they do is theirs to report. A lost lease is not among
# them: nobody need have taken it, so the run has failed and may be tried again.
_SUPERSEDED = (StaleFence, SlotAlreadyDone)


def execute(job: Job, work: Callable[[Run], Outcome], raw: Any, context: Any) -> dict[str, Any]:
    """Run `work` once under the job's lock and return what became of it.

    Raises:
        InvalidEvent: the event is not one that this job accepts.
        SettingsError: the deployment lacks settings.
        JobFailed: the work failed; Lambda counts the error, and retries the event.
    """
    log = logger(job.name)
    log.remove_keys(["run_id"])  # of the run before, in a process that is used again
    try:
        event = JobEvent.parse(raw, job.parameters)
    except InvalidEvent as error:
        log.error("Event refused", problems=error.problems)  # noqa: TRY400  # the caller's mistake, not ours
        raise
    base = platform()
    event = _filled_in(job, base, event)
    return _Execution(job, base, event, _Invocation.of(context), time.monotonic()).run(work)


def _filled_in(job: Job, base: Platform, event: JobEvent) -> JobEvent:
    """Return the event with the parameters that follow from those it has; its lock may be named after them."""
    try:
        return replace(event, params=job.filled_in(base, event.params))
    except InvalidRequest as error:
        problems = [f"params: {problem}" for problem in error.problems]
        logger(job.name).error("Event refused", problems=problems)  # as above
        raise InvalidEvent(problems) from None
    except NightshiftError as error:
        said = f"{type(error).__name__}: {error}"
        logger(job.name).error("Job failed", jobType=job.name, status="failed", error=said)  # expected
        emit(job.name, {"RunsFailed": ("Count", 1)})
        raise JobFailed(f"{job.name}: {said}") from error


@dataclass(frozen=True)
class _Invocation:
    """What Lambda tells about the invocation."""

    request_id: str
    function: str
    ends_at: float

    @classmethod
    def of(cls, context: Any) -> _Invocation:
        remaining_s = context.get_remaining_time_in_millis() / 1000 if context else _NO_CONTEXT_S
        return cls(
            request_id=getattr(context, "aws_request_id", "") or "local",
            function=getattr(context, "function_name", "") or "",
            ends_at=time.monotonic() + remaining_s,
        )


class _Execution:
    def __init__(self, job: Job, base: Platform, event: JobEvent, invocation: _Invocation, started: float) -> None:
        self._job = job
        self._platform = base
        self._event = event
        self._invocation = invocation
        self._started = started
        self._running_for_s = 0.0
        # By whom and why the job is paused, where this run goes on all the same.
        self._paused = ""
        self._record = RunRecord(
            id=event.run_id or str(uuid4()),
            job=job.name,
            lock=job.lock_name(event.params),
            trigger=event.trigger,
            who=f"{event.trigger} run of {job.name}",
            slot=event.slot,
            params=event.params,
        )
        self._report = Report(job, base, self._record, event.part, started, invocation.ends_at)

    def run(self, work: Callable[[Run], Outcome]) -> dict[str, Any]:
        try:
            lease = self._take_lock()
        except LockRefused as error:
            return self._skip(error.refusal.reason, error, overrun=self._is_overrun(error.refusal))
        except (LockUnavailable, LeaseLost) as error:
            self._report.failed(error)
        try:
            run = self._begin(lease)
        except _SUPERSEDED as error:
            self._release(lease, "superseded")
            return self._skip("superseded", error)
        except JobPaused as error:
            self._release(lease, "skipped")
            return self._report.skipped("paused", error)
        except Exception as error:  # noqa: BLE001  # whatever it is, the lock is freed
            self._release(lease, "failed")
            self._report.failed(error)
        return self._work(run, work)

    def _take_lock(self) -> Lease | None:
        if not self._job.exclusive:
            return None
        locks, event, record = self._platform.locks, self._event, self._record
        lease_s = min(float(self._job.at_most_s), self._invocation.ends_at - time.monotonic())
        try:
            if event.lease:
                given = event.lease
                return locks.adopt(record.lock, given.holder, given.fence, lease_s, slot_ms=event.slot_ms)
            return locks.acquire(
                record.lock,
                lease_s,
                who=record.who,
                run_id=record.id,
                slot_ms=event.slot_ms,
                named_after_data=self._job.locks_by_data,
            )
        except LockUnavailable as error:
            if not self._job.runs_unlocked:
                raise
            self._report.warn("Running without the lock", error, degraded=True)
            return None

    def _begin(self, lease: Lease | None) -> Run:
        """Claim the fence, record the run, say so; the claim and the record are two transactions in one message."""
        fence_number = lease.fence if lease else None
        started = runs.start(
            self._record,
            fence_number,
            self._event.part,
            self._invocation.request_id,
            self._job.at_most_s,
            is_whole=self._job.is_whole(self._event.params),
        )
        if lease:
            rows = self._platform.database.write_each(fence.claim_one(lease), f"{fence.hold([lease])} {started}")
        else:
            rows = self._platform.database.write_each(started)
        if not rows or "running_for_s" not in rows[0]:
            raise StaleFence("the run was ended while it waited")
        if rows[0]["status"] == "skipped":
            raise JobPaused(rows[0]["paused"])
        self._paused = rows[0]["paused"] or ""
        self._running_for_s = rows[0]["running_for_s"]
        ends_at, deadline = self._limits(lease)
        self._report.started(self._paused)
        return Run(
            id=self._record.id,
            job=self._job,
            trigger=self._event.trigger,
            params=self._event.params,
            platform=self._platform,
            deadline=deadline,
            slot=self._event.slot,
            lease=lease,
            ends_at=ends_at,
        )

    def _limits(self, lease: Lease | None) -> tuple[float, float]:
        """Return when this invocation must have ended, and when its work must stop to be recorded by then."""
        now = time.monotonic()
        left_in_all = self._job.at_most_s - self._running_for_s
        ends_at = min(self._invocation.ends_at, now + left_in_all, lease.deadline if lease else math.inf)
        return ends_at, ends_at - min(_RESERVE_S, 0.2 * (ends_at - now))

    def _work(self, run: Run, work: Callable[[Run], Outcome]) -> dict[str, Any]:
        try:
            outcome = work(run)
            if run.lease is None and self._job.exclusive:
                outcome = replace(outcome, metadata={**outcome.metadata, "degraded": True})
            if self._paused:
                outcome = replace(outcome, metadata={**outcome.metadata, "jobIsPaused": self._paused})
            if outcome.unfinished is not None and self._may_go_on(run):
                return self._hand_over(run, outcome)
            totals = self._finish(run, outcome)
        except _SUPERSEDED as error:
            self._release(run.lease, "superseded", slot_done=isinstance(error, SlotAlreadyDone))
            self._report.record_end(self._end(run, "skipped", error))
            return self._skip("superseded", error)
        except Exception as error:  # noqa: BLE001  # whatever it is, the lock is freed
            self._release(run.lease, "failed")
            self._report.record_end(self._end(run, "failed", error))
            self._report.failed(error)
        self._release(run.lease, "succeeded", slot_done=True)
        return self._report.finished("succeeded", run, outcome, totals)

    def _end(self, run: Run, status: str, error: Exception) -> str:
        fence_number, policy = run.lease.fence if run.lease else None, self._report.alert_policy(error)
        return runs.finish(run.id, status, fence=fence_number, error=error, alerting=policy)

    def _finish(self, run: Run, outcome: Outcome) -> Mapping[str, Any]:
        """End the run and its slot in one fenced transaction: of two runs of a slot, one finishes."""
        slot = fence.finish_slot(run.lease) if run.lease else ""
        counts = _counts(outcome)
        if outcome.unfinished is not None:
            counts["metadata"] = {**outcome.metadata, "unfinished": True}
        finished = runs.finish(run.id, "succeeded", **counts, alerting=self._report.alert_policy())
        rows = run.write(f"{slot} {finished}")
        if not (rows and "duration_ms" in rows[0]):
            return {}
        self._report.note_end(rows[0])
        return rows[0]

    def _may_go_on(self, run: Run) -> bool:
        """Whether another part fits into the job's own limit; without a lock nothing can be handed over."""
        return run.lease is not None and self._left_in_all_s(run) > runs.QUEUE_WINDOW_S

    def _left_in_all_s(self, run: Run) -> float:
        return self._job.at_most_s - self._running_for_s - (run.monotonic() - self._started)

    def _hand_over(self, run: Run, outcome: Outcome) -> dict[str, Any]:
        """Keep the lock for the next part of this run and wake it."""
        run.write(runs.progress(run.id, **_counts(outcome)))
        assert run.lease is not None  # noqa: S101  # _may_go_on
        # Where more than the window is left of this lease, it stays: a renewal cannot shorten it.
        lease = self._platform.locks.renew(run.lease, runs.QUEUE_WINDOW_S)
        record = replace(self._record, params=outcome.unfinished)
        handover.wake(self._platform, self._invocation.function, handover.event_of(record, lease, self._event.part + 1))
        return self._report.finished("continued", run, outcome, {})

    def _is_overrun(self, refusal: Refusal) -> bool:
        """Whether a scheduled run came while another run was at work, and not only its own event a second time."""
        return refusal.reason == "held" and self._event.slot is not None and refusal.slot_ms != self._event.slot_ms

    def _skip(self, reason: str, error: Exception, *, overrun: bool = False) -> dict[str, Any]:
        """End as a successful no-op, so that Lambda does not retry what somebody else does or has done."""
        if self._event.lease is None:
            self._report.record_end(runs.unstarted(self._record, "skipped", reason, str(error)))
        return self._report.skipped(reason, error, overrun=overrun)

    def _release(self, lease: Lease | None, outcome: str, *, slot_done: bool = False) -> None:
        if lease is None:
            return
        try:
            at_least_s = self._job.at_least_s if outcome != "skipped" else 0
            self._platform.locks.release(lease, outcome, slot_done=slot_done, at_least_s=at_least_s)
        except LockError as error:
            # The lease ends by itself; a run that did its work is not failed for it.
            self._report.warn("Lock not released", error)


def _counts(outcome: Outcome) -> dict[str, Any]:
    return {
        "processed": outcome.processed, "failed": outcome.failed, "errors": outcome.errors, "metadata":
        outcome.metadata,
    }  # fmt: skip
