"""Whatever happens in whatever order: never two holders inside their deadlines, and the fence only rises.

Several workers with clocks of their own use the real code against moto, in this process. Requests and answers get
lost, are sent twice, arrive late; workers crash, hand over, come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ConnectionClosedError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from moto import mock_aws

from nightshift.errors import LeaseLost, LockRefused, LockUnavailable
from nightshift.lock import SKEW_MARGIN_MS, Lease, Locks

TABLE = "locks"
# Short leases, steps around their ends, clocks as far apart as the margin allows: what matters is near.
LEASES_S = st.sampled_from([1.0, 3.0])
STEPS_MS = st.sampled_from([1, 500, 999, 1500, 2001, 3000, 4001])
OFFSETS_MS = st.sampled_from([(0, 0), (0, SKEW_MARGIN_MS - 1), (SKEW_MARGIN_MS - 1, 0)])
FAULTS = st.sampled_from(["none"] * 6 + ["lose answer", "lose request", "send twice", "slow before", "slow after"])
SLOW_MS = 2500
INDEX = st.integers(0, 3)


@dataclass
class World:
    """Time as it is, and the wire to the table."""

    client: Any
    now_ms: int = 1_800_000_000_000
    fault: str = "none"
    sent: list[dict[str, Any]] = field(default_factory=list)
    fence: int = 0

    def update_item(self, **request: Any) -> Any:
        fault, self.fault = self.fault, "none"
        self.sent.append(request)
        if fault == "lose request":
            raise ConnectionClosedError(endpoint_url="x")
        if fault == "slow before":
            self.now_ms += SLOW_MS
        if fault == "send twice":
            self.deliver_late(request)
        answer = self.client.update_item(**request)
        self.saw(answer)
        if fault == "slow after":
            self.now_ms += SLOW_MS
        if fault == "lose answer":
            raise ConnectionClosedError(endpoint_url="x")
        return answer

    def deliver_late(self, request: dict[str, Any]) -> None:
        """Carry out a request whose answer nobody waits for."""
        try:
            self.saw(self.client.update_item(**request))
        except self.client.exceptions.ConditionalCheckFailedException:
            return

    def saw(self, answer: dict[str, Any]) -> None:
        fence = int(answer["Attributes"].get("fence", {"N": "0"})["N"])
        assert fence >= self.fence, "the fence of the item went back"
        self.fence = fence

    def get_item(self, **request: Any) -> Any:
        return self.client.get_item(**request)


@dataclass
class Worker:
    """One process: its clocks are off by its own amounts."""

    world: World
    wall_off_ms: int
    monotonic_off_s: float
    lease: Lease | None = None

    def __post_init__(self) -> None:
        self.locks = Locks(
            lambda: self.world,
            TABLE,
            clock_ms=lambda: self.world.now_ms + self.wall_off_ms,
            monotonic=self.monotonic,
        )

    def monotonic(self) -> float:
        return self.world.now_ms / 1000 + self.monotonic_off_s

    @property
    def believes(self) -> bool:
        return self.lease is not None and self.monotonic() < self.lease.deadline


class LockMachine(RuleBasedStateMachine):
    client: Any = None

    @initialize(offsets=OFFSETS_MS)
    def begin(self, offsets: tuple[int, int]) -> None:
        self.name = str(uuid4())
        self.world = World(self.client)
        self.workers = [Worker(self.world, off, 1000.0 * n) for n, off in enumerate(offsets)]
        self.handed: list[Lease] = []
        self.fences: list[int] = []

    @rule(milliseconds=STEPS_MS)
    def time_passes(self, milliseconds: int) -> None:
        self.world.now_ms += milliseconds

    @precondition(lambda self: self.idle)
    @rule(which=INDEX, lease_s=LEASES_S, fault=FAULTS)
    def acquire(self, which: int, lease_s: float, fault: str) -> None:
        worker = self.one_of(self.idle, which)
        self.take(worker, fault, lambda: worker.locks.acquire(self.name, lease_s, who="w", run_id="r"))

    @precondition(lambda self: self.handed and self.idle)
    @rule(which=INDEX, event=INDEX, lease_s=LEASES_S, fault=FAULTS)
    def adopt(self, which: int, event: int, lease_s: float, fault: str) -> None:
        """Deliver the event of a hand-over, for the first time or once more."""
        worker, given = self.one_of(self.idle, which), self.one_of(self.handed, event)
        self.take(worker, fault, lambda: worker.locks.adopt(self.name, given.holder, given.fence, lease_s))

    @precondition(lambda self: self.leased)
    @rule(which=INDEX, lease_s=LEASES_S, fault=FAULTS)
    def renew(self, which: int, lease_s: float, fault: str) -> None:
        worker = self.one_of(self.leased, which)
        self.world.fault = fault
        try:
            worker.lease = worker.locks.renew(worker.lease, lease_s)
        except LeaseLost:
            worker.lease = None
        except LockUnavailable:
            return

    @precondition(lambda self: self.leased)
    @rule(which=INDEX, at_least_s=st.sampled_from([0.0, 0.0, 3.0]), fault=FAULTS)
    def release(self, which: int, at_least_s: float, fault: str) -> None:
        worker = self.one_of(self.leased, which)
        lease, worker.lease = worker.lease, None
        self.world.fault = fault
        try:
            worker.locks.release(lease, "done", at_least_s=at_least_s)
        except LockUnavailable:
            return

    @precondition(lambda self: self.leased)
    @rule(which=INDEX, tells=st.booleans())
    def hand_over_or_crash(self, which: int, tells: bool) -> None:
        worker = self.one_of(self.leased, which)
        lease, worker.lease = worker.lease, None
        if tells:
            self.handed.append(lease)

    @precondition(lambda self: self.world.sent)
    @rule(back=INDEX)
    def deliver_a_request_once_more(self, back: int) -> None:
        self.world.deliver_late(self.one_of(self.world.sent[::-1], back))

    @property
    def idle(self) -> list[Worker]:
        return [worker for worker in self.workers if not worker.believes]

    @property
    def leased(self) -> list[Worker]:
        """Those with a lease, whether it has lapsed or not."""
        return [worker for worker in self.workers if worker.lease]

    @staticmethod
    def one_of(choices: list[Any], index: int) -> Any:
        return choices[index % len(choices)]

    def take(self, worker: Worker, fault: str, attempt: Callable[[], Lease]) -> None:
        self.world.fault = fault
        try:
            lease = attempt()
        except (LockRefused, LockUnavailable, LeaseLost):
            return
        worker.lease = lease
        assert all(lease.fence > fence for fence in self.fences), "a newer lease has a higher fence"
        self.fences.append(lease.fence)

    @invariant()
    def at_most_one_holder_inside_its_deadline(self) -> None:
        holders = [worker.lease for worker in getattr(self, "workers", []) if worker.believes]
        assert len(holders) <= 1, holders


@pytest.fixture(scope="module", autouse=True)
def table_in_this_process() -> Iterator[None]:
    with mock_aws():
        import boto3

        make: Any = boto3.client
        LockMachine.client = make("dynamodb", "us-east-1")
        LockMachine.client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield


TestLocks = LockMachine.TestCase
TestLocks.settings = settings(
    max_examples=60, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
