"""Whatever happens in whatever order: never two holders inside their deadlines, and the fence only rises.

Several workers with clocks of their own use the real code against moto, in this process. Requests and answers get
lost, are sent twice, arrive late; workers crash, hand over, come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ConnectionClosedError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from moto import mock_aws

from nightshift.errors import LeaseLost, LockRefused, LockUnavailable
from nightshift.lease import SKEW_MARGIN_MS, Lease
from nightshift.lock import Locks

TABLE = "locks"
SLOW_MS = 2500


@dataclass(frozen=True)
class Turn:
    """What one worker does next. Short leases, waits around their ends: what matters is near."""

    wait_ms: int
    worker: int
    action: int
    which: int
    lease_s: float
    fault: str


OFFSETS_MS = st.sampled_from([(0, 0), (0, SKEW_MARGIN_MS - 1), (SKEW_MARGIN_MS - 1, 0)])
FAULTS = ["none"] * 9 + ["lose answer", "lose request", "send twice", "slow before", "slow after"]
TURNS = st.builds(
    Turn,
    wait_ms=st.sampled_from([0, 0, 0, 1, 500, 999, 1500, 2001, 3000, 4001]),
    worker=st.integers(0, 1),
    action=st.integers(0, 11),
    which=st.integers(0, 3),
    lease_s=st.sampled_from([1.0, 3.0]),
    fault=st.sampled_from(FAULTS),
)


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

    @rule(turns=st.lists(TURNS, min_size=3, max_size=6))
    def take_turns(self, turns: list[Turn]) -> None:
        for turn in turns:
            worker = self.workers[turn.worker]
            self.world.now_ms += turn.wait_ms
            self.world.fault = turn.fault
            actions = self.possible(worker)
            actions[turn.action % len(actions)](worker, turn)
            self.world.fault = "none"
            self.at_most_one_holder_inside_its_deadline()

    def possible(self, worker: Worker) -> Sequence[Callable[[Worker, Turn], None]]:
        """What the worker may do: begin if it holds nothing, go on if it has a lease, lapsed or not."""
        beginning = [self.acquire, self.adopt, self.adopt] if self.handed else [self.acquire, self.acquire]
        going_on = [self.renew, self.renew, self.release, self.hand_over_or_crash, self.deliver_late]
        if worker.believes:
            return going_on
        return [*beginning, *going_on] if worker.lease else [*beginning, self.deliver_late]

    def acquire(self, worker: Worker, turn: Turn) -> None:
        self.take(worker, lambda: worker.locks.acquire(self.name, turn.lease_s, who="w", run_id="r"))

    def adopt(self, worker: Worker, turn: Turn) -> None:
        """Deliver the event of a hand-over, for the first time or once more."""
        given = self.handed[-1 - turn.which % len(self.handed)]
        self.take(worker, lambda: worker.locks.adopt(self.name, given.holder, given.fence, turn.lease_s))

    def take(self, worker: Worker, attempt: Callable[[], Lease]) -> None:
        try:
            lease = attempt()
        except (LockRefused, LockUnavailable, LeaseLost):
            return
        worker.lease = lease
        assert all(lease.fence > fence for fence in self.fences), "a newer lease has a higher fence"
        self.fences.append(lease.fence)

    def renew(self, worker: Worker, turn: Turn) -> None:
        assert worker.lease is not None
        try:
            worker.lease = worker.locks.renew(worker.lease, turn.lease_s)
        except LeaseLost:
            worker.lease = None
        except LockUnavailable:
            return

    def release(self, worker: Worker, turn: Turn) -> None:
        assert worker.lease is not None
        lease, worker.lease = worker.lease, None
        try:
            worker.locks.release(lease, "done", at_least_s=3.0 * (turn.which == 0))
        except LockUnavailable:
            return

    def hand_over_or_crash(self, worker: Worker, turn: Turn) -> None:
        assert worker.lease is not None
        if turn.which:
            self.handed.append(worker.lease)
        worker.lease = None

    def deliver_late(self, _worker: Worker, turn: Turn) -> None:
        """A request that was sent before arrives once more."""
        if self.world.sent:
            self.world.deliver_late(self.world.sent[-1 - turn.which % len(self.world.sent)])

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
    max_examples=30, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck)
)
