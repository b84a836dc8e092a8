"""Workers whose messages and clocks a test moves: each stands still at every message until it is told to go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar, cast
from uuid import uuid4

from nightshift.database import Database, Row
from nightshift.job import Job, Run
from nightshift.lease import Lease
from nightshift.platform import Platform

START_MS = 1_800_000_000_000
TABLE = "locks"
JOB = Job("proof", at_most_s=300, description="Only its lock matters.")


class Crashed(BaseException):
    """The process is gone: nothing that stands in the way may catch it."""


class _Standing(BaseException):
    """The operation has come to a message that is not answered yet."""


@dataclass
class Time:
    """Time as it really is, since the beginning."""

    passed_ms: int = 0


@dataclass
class Message:
    """One request on its way to the table, or its answer on the way back."""

    sender: Worker
    operation: str
    request: dict[str, Any]
    arrived: bool = False
    # What the sender is told of the item, and what it was when the request arrived.
    shown: Mapping[str, Any] = field(default_factory=dict)
    found: Mapping[str, Any] = field(default_factory=dict)
    answer: Any = None

    @property
    def values(self) -> dict[str, Any]:
        """The values in it, by their names in the expressions."""
        typed = self.request.get("ExpressionAttributeValues", {})
        return {name: int(value["N"]) if "N" in value else value["S"] for name, value in typed.items()}


class Call:
    """One operation of a worker, which stands still at each message until that is answered.

    It is run from its beginning every time, and whatever it has seen before (answers, clocks, chance) it sees again:
    that needs no threads, and one history is always the same.
    """

    under_way: ClassVar[Call | None] = None

    def __init__(self, kind: str, operation: Callable[[], Any], lease: Lease | None = None) -> None:
        self.kind = kind
        self.lease = lease
        self.result: Any = None
        self.error: Exception | None = None
        self.message: Message | None = None
        self.sent: list[Message] = []
        self.granted = False
        self.touched: tuple[str, int] | None = None
        self._operation = operation
        self._seen: list[Any] = []
        self._next = 0

    def start(self) -> None:
        """Runs to the next message, or to the end where there is none."""
        Call.under_way, self._next, self.message = self, 0, None
        try:
            self.result = self._operation()
        except _Standing:
            assert self.message is not None
        except Exception as error:  # noqa: BLE001  # told to the ledger, whatever it is
            self.error = error
        finally:
            Call.under_way = None

    def go_on(self, answer: Any) -> None:
        """Answers the message; an exception is raised where it was sent."""
        self._seen.append(answer)
        self.start()

    def see(self, look: Callable[[], Any]) -> Any:
        """What is seen at this point: what was seen here before, or else what is there now."""
        if self._next == len(self._seen):
            self._seen.append(look())
        self._next += 1
        return self._seen[self._next - 1]

    def exchange(self, message: Message) -> Any:
        """What the worker's client does: send and wait for the answer."""
        answer = self.see(lambda: self._stand(message))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _stand(self, message: Message) -> None:
        self.message = message
        self.sent.append(message)
        raise _Standing


def under_test(module: ModuleType) -> Callable[..., Any]:
    """The class `Locks` of a module; the names that it invents are seen again when an operation goes on."""
    vars(module)["uuid4"] = _seen(uuid4)
    locks: Callable[..., Any] = module.Locks
    return locks


Transaction = AbstractContextManager[list[Row], bool | None]


@dataclass
class Worker:
    """One process with clocks of its own, and what it is at."""

    number: int
    time: Time
    database: Database
    make_locks: Callable[..., Any]
    skew_ms: int = 0
    rate: float = 1.0
    started_s: float = 50.0
    call: Call | None = None
    run: Run | None = None
    order: int = 0
    claimed: bool = False
    sending: Transaction | None = None
    open: Transaction | None = None
    finishes: bool = False
    locks: Any = field(init=False)

    def __post_init__(self) -> None:
        self.locks = self.make_locks(lambda: self, TABLE, clock_ms=_seen(self.wall_ms), monotonic=_seen(self.monotonic))

    def __str__(self) -> str:
        return f"worker {self.number}"

    @property
    def message(self) -> Message:
        """What it waits for."""
        assert self.call is not None
        assert self.call.message is not None
        return self.call.message

    def wall_ms(self) -> int:
        """Its wall clock: off by its skew, and going at a rate of its own."""
        return START_MS + self.skew_ms + round(self.time.passed_ms * self.rate)

    def monotonic(self) -> float:
        """Its monotonic clock, which began somewhere."""
        return self.started_s + self.time.passed_ms / 1000 * self.rate

    def update_item(self, **request: Any) -> Any:
        """The worker's DynamoDB client, as `Locks` sees it."""
        return self._exchange("update_item", request)

    def get_item(self, **request: Any) -> Any:
        """Likewise."""
        return self._exchange("get_item", request)

    def delete_item(self, **request: Any) -> Any:
        """Likewise; only a mistaken release asks for it."""
        return self._exchange("delete_item", request)

    def _exchange(self, operation: str, request: dict[str, Any]) -> Any:
        assert self.call is not None
        return self.call.exchange(Message(self, operation, request))

    @property
    def lease(self) -> Lease | None:
        """The lease it works under."""
        return self.run.lease if self.run else None

    @property
    def believes(self) -> bool:
        """Whether it takes itself for the holder."""
        return self.lease is not None and self.monotonic() < self.lease.deadline

    def begin(self, lease: Lease, order: int) -> None:
        """Works under a lease from now on."""
        platform = cast("Platform", SimpleNamespace(database=self.database, locks=self.locks))
        self.run = Run("r", JOB, "manual", {}, platform, float("inf"), lease=lease, monotonic=_seen(self.monotonic))
        self.order = order
        self.claimed = False

    def stop(self) -> None:
        """Does nothing more for this run; PostgreSQL rolls back what is open."""
        if self.open is not None:
            self.end_transaction(commit=False)
        self.run, self.sending, self.claimed, self.order = None, None, False, 0

    def end_transaction(self, *, commit: bool) -> None:
        """Commits or rolls back; raises what PostgreSQL says to a commit."""
        assert self.open is not None
        transaction, self.open = self.open, None
        if commit:
            transaction.__exit__(None, None, None)
            return
        crashed = Crashed()
        try:
            transaction.__exit__(Crashed, crashed, None)
        except Crashed:
            return

    def crash(self) -> None:
        """Ends in the middle of whatever it does."""
        self.call = None
        self.stop()


def _seen(look: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: Call.under_way.see(look) if Call.under_way else look()
