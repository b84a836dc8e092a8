"""A job is declared once; its declaration turns the job's own work into a guarded Lambda handler.

    CLEANUP = Job("cleanup-reservations", at_most_s=300, description="Give the stock of abandoned carts back.")

    @CLEANUP.handler
    def handler(run: Run) -> Outcome:
        return release_expired(run)

Everything all jobs share happens around that call, in `nightshift.execution`: parse, lock, fence, deadline,
record, log, metrics, errors, release.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, wraps
from string import Formatter
from typing import Any

from nightshift import fence
from nightshift.database import Database, Row
from nightshift.errors import InvalidRequest, LeaseLost
from nightshift.lease import Lease
from nightshift.parameters import Parameter
from nightshift.platform import Platform
from nightshift.telemetry import logger

Handler = Callable[[Any, Any], dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What the work of a run came to.

    `unfinished` holds the parameters with which a next part goes on, where the deadline came first.
    """

    processed: int = 0
    failed: int = 0
    errors: Sequence[str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    unfinished: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Job:
    """One job: its name, its lock, and what it may be asked for.

    Attributes:
        at_most_s: the longest that a run may take over all its parts, in seconds; also the longest lease.
        lock: the lock's name where it is not the job's; `{parameter}` in it is filled in, one lock for each value.
        at_least_s: a run that ended sooner still keeps the next one out until this long after its start, in seconds.
        runs_unlocked: where DynamoDB cannot be asked, run all the same; a duplicate would only waste work.
        exclusive: where it is false, runs are at work side by side, without a lock and a fence, and what they share is
            guarded by their own statements.
        completed: the message of the end line.
        processed_as: a second name under which the end line tells how many items were processed, where its readers
            know it by another.
        internal: parameters that no caller gives: they follow from the others, by `fill_in`, or from a former part of
            the run.
        fill_in: takes the platform and what was given, returns what follows from it; raises NotFound where that names
            nothing.
    """

    name: str
    at_most_s: int
    description: str
    parameters: tuple[Parameter, ...] = ()
    lock: str = ""
    at_least_s: int = 0
    runs_unlocked: bool = False
    exclusive: bool = True
    completed: str = "Job completed"
    processed_as: str = ""
    internal: tuple[str, ...] = ()
    fill_in: Callable[[Platform, Mapping[str, Any]], Mapping[str, Any]] | None = None

    def lock_name(self, params: Mapping[str, Any]) -> str:
        """Return the name of the lock that a run with these parameters takes."""
        return (self.lock or self.name).format(**params)

    @property
    def locks_by_data(self) -> bool:
        """Whether there is a lock for each value of some parameter."""
        return "{" in self.lock

    @property
    def given(self) -> tuple[Parameter, ...]:
        """What callers may give."""
        return tuple(parameter for parameter in self.parameters if parameter.name not in self.internal)

    def is_whole(self, params: Mapping[str, Any]) -> bool:
        """Whether a run with these parameters does all that one without any would, or all that is done for its lock."""
        may_differ = self.lock_parameters
        return all(params.get(each.name) == each.default for each in self.given if each.name not in may_differ)

    @property
    def lock_parameters(self) -> tuple[str, ...]:
        """What the lock's name is made of: without it, strangers would share a lock."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.lock) if name)

    def filled_in(self, platform: Platform, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters of a run, together with those that follow from what was given.

        Raises:
            InvalidRequest: one that must be given is missing.
            NotFound: what they name does not exist.
        """
        missing = [name for name in self.lock_parameters if params.get(name) is None]
        if problems := [f"{name} is missing" for name in missing if name not in self.internal or not self.fill_in]:
            raise InvalidRequest(problems)
        return {**params, **self.fill_in(platform, params)} if missing and self.fill_in else dict(params)

    def handler(self, work: Callable[[Run], Outcome]) -> Handler:
        """Turn the job's work into its Lambda handler."""

        @wraps(work)
        def handle(event: Any, context: Any) -> dict[str, Any]:
            from nightshift.execution import execute

            return execute(self, work, event, context)

        return handle


@dataclass
class Run:
    """One run of a job, as its work sees it.

    Attributes:
        deadline: when work must stop, on this process's monotonic clock.
        ends_at: when the lease and the invocation end, on the same clock: later by what finishing takes.
    """

    id: str
    job: Job
    trigger: str
    params: Mapping[str, Any]
    platform: Platform
    deadline: float
    slot: datetime | None = None
    lease: Lease | None = None
    metrics: dict[str, tuple[str, float]] = field(default_factory=dict)
    monotonic: Callable[[], float] = time.monotonic
    ends_at: float | None = None

    @property
    def database(self) -> Database:
        """The one connection; only the main thread may use it."""
        return self.platform.database

    @cached_property
    def log(self) -> Any:
        """The job's logger; every line of it carries the run's id."""
        return logger(self.job.name)

    @property
    def time_left_s(self) -> float:
        """Seconds until work must stop, between two items."""
        return self.deadline - self.monotonic()

    def write(self, statement: str, *, holding: Sequence[Lease] = (), **values: Any) -> list[Row]:
        """Write in one fenced transaction and one message; `holding` names leases that must be ours besides the run's.

        Raises:
            StaleFence: a newer holder was here; nothing was written.
            LeaseLost: our own clock says that the lease is over; nothing was sent.
        """
        return self.database.write(f"{self._fence(holding)} {statement}", **values)

    def transaction(
        self, opening: str, *, holding: Sequence[Lease] = (), **values: Any
    ) -> AbstractContextManager[list[Row], bool | None]:
        """Hold a fenced transaction over several calls, begun with `opening`; raises as `write` does."""
        return self.database.transaction(f"{self._fence(holding)} {opening}", **values)

    def checkpoint(self) -> None:
        """Make sure, between two batches, that the lease is still ours until the end of this invocation.

        Raises:
            LeaseLost: it is not; stop without another effect.
        """
        if self.lease is not None:
            self._check(self.lease)
            ends_at = self.deadline if self.ends_at is None else self.ends_at
            self.lease = self.platform.locks.renew(self.lease, ends_at - self.monotonic())

    def count(self, metric: str, value: float, unit: str = "Count") -> None:
        """Add a metric to what the run emits at its end."""
        self.metrics[metric] = (unit, self.metrics.get(metric, (unit, 0.0))[1] + value)

    def _fence(self, holding: Sequence[Lease]) -> str:
        leases = [lease for lease in (self.lease, *holding) if lease is not None]
        for lease in leases:
            self._check(lease)
        return fence.hold(leases)

    def _check(self, lease: Lease) -> None:
        if self.monotonic() >= lease.deadline:
            raise LeaseLost(f"{lease.name}: the lease ended before the work did")
