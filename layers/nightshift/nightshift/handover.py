"""Handing a lease from one invocation to another: the door to a worker, a worker to its own next part.

The giver keeps the lease just long enough for the event to be delivered; the taker adopts it. A second
delivery of the same event is refused by the adoption, and where no taker ever comes the lease lapses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from nightshift import fence, runs
from nightshift.errors import JobFailed, NightshiftError
from nightshift.lease import Lease
from nightshift.runs import QUEUE_WINDOW_S, RunRecord

if TYPE_CHECKING:
    from nightshift.job import Job
    from nightshift.platform import Platform


@dataclass(frozen=True)
class Accepted:
    """A run that a worker has been woken for."""

    run_id: str
    job: str


def accept(  # noqa: PLR0913  # what is run, for whom, and how it is written down
    platform: Platform,
    job: Job,
    function: str,
    params: Mapping[str, Any],
    who: str,
    *,
    run_id: str = "",
    audit: str = "",
) -> Accepted:
    """Acquire the job's lock if it has one, record the run as queued and wake its worker; return at once.

    `audit` is the entry of the audit log that goes into the transaction in which the run is recorded.

    Raises:
        LockRefused: it runs already; the refusal names the holder.
        LockUnavailable: the lock table cannot be asked.
        JobFailed: the worker could not be woken; the lock is free again and the run is recorded as failed.
    """
    run_id = run_id or str(uuid4())
    record = RunRecord(run_id, job.name, job.lock_name(params), "http", who, params=params)
    lease = _acquire(platform, job, record) if job.exclusive else None
    try:
        _queue(platform, record, lease, audit)
        wake(platform, function, event_of(record, lease, part=1))
    except Exception as error:
        _give_up(platform, run_id, lease, error)
        raise
    return Accepted(run_id, job.name)


def _acquire(platform: Platform, job: Job, record: RunRecord) -> Lease:
    return platform.locks.acquire(
        record.lock, QUEUE_WINDOW_S, who=record.who, run_id=record.id, named_after_data=job.locks_by_data
    )


def _queue(platform: Platform, record: RunRecord, lease: Lease | None, audit: str) -> None:
    queued = f"{runs.queue(record, lease.fence if lease else None)}; {audit}"
    if lease is None:
        platform.database.write_each(queued)
        return
    queued = f"{fence.hold([lease])} {queued}"
    platform.database.write_each(fence.claim_one(lease), queued)


def event_of(record: RunRecord, lease: Lease | None, part: int) -> dict[str, Any]:
    """Return the event that lets a worker adopt `lease`, if the job has one, and go on with the run."""
    return {
        "trigger": record.trigger,
        "slot": record.slot.isoformat() if record.slot else None,
        "run_id": record.id,
        "lease": {"holder": lease.holder, "fence": lease.fence} if lease else None,
        "params": dict(record.params or {}),
        "part": part,
    }


def wake(platform: Platform, function: str, event: Mapping[str, Any]) -> None:
    """Invoke a function asynchronously.

    Raises:
        JobFailed: Lambda did not take the event.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        platform.client("lambda").invoke(
            FunctionName=function, InvocationType="Event", Payload=json.dumps(event, default=str).encode()
        )
    except (ClientError, BotoCoreError) as error:
        raise JobFailed(f"the worker could not be woken ({type(error).__name__})") from None


def _give_up(platform: Platform, run_id: str, lease: Lease | None, error: Exception) -> None:
    # Each on its own, and neither hides why: the lock and the database may be what is out of reach.
    if lease is not None:
        with suppress(NightshiftError):
            platform.locks.release(lease, "failed")
    with suppress(NightshiftError):
        fence_number = lease.fence if lease else None
        platform.database.write(runs.finish(run_id, "failed", fence=fence_number, error=error))
