"""Callers by the thousand who want a lock: the lock's own code, over a table as slow and as narrow as DynamoDB."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError

from benchmarks.scale.simulation import Bucket, Simulation
from nightshift.errors import LeaseLost, LockRefused, LockUnavailable
from nightshift.lock import Locks
from tests.lock.table import MemoryTable

_START_MS: Final = 1_800_000_000_000
# As nightshift.platform asks for it.
_ATTEMPTS: Final = 3
_LEASE_S: Final = 60.0


@dataclass(frozen=True)
class Table:
    """DynamoDB as its users see it.

    Attributes:
        answer_s: the shortest and the longest time until it answers.
        writes_per_second: what one item takes, as a partition does; a refused write counts as well.
        account_writes_per_second: what the table takes in all.
    """

    answer_s: tuple[float, float] = (0.005, 0.010)
    writes_per_second: float = 1_000
    account_writes_per_second: float = 40_000


@dataclass
class Tally:
    """What became of the callers' wishes, and of their requests."""

    rounds: int = 0
    refused: int = 0
    unavailable: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    answers_s: list[float] = field(default_factory=list)


class Callers:
    """Callers who each want the lock of a name about once a second, hold it for a while, and give it back."""

    def __init__(  # what is asked, by whom, how often
        self,
        simulation: Simulation,
        table: Table,
        chance: random.Random,
        *,
        name_of: Callable[[int], str],
        every_s: float = 1.0,
        holds_s: float = 0.05,
    ) -> None:
        self.tally = Tally()
        self._simulation = simulation
        self._client = _Client(simulation, table, chance, self)
        self._chance = chance
        self._name_of = name_of
        self._every_s = every_s
        self._holds_s = holds_s
        self.locks = Locks(lambda: self._client, "locks", clock_ms=self._wall_ms, monotonic=lambda: simulation.now)

    def begin(self, number: int) -> None:
        """Let one more caller begin, at some moment of the first turn."""
        name = self._name_of(number)
        self._simulation.spawn(lambda: self._live(name), at=self._chance.uniform(0, self._every_s))

    def _live(self, name: str) -> None:
        while True:
            began_s = self._simulation.now
            self._want(name)
            next_at = began_s + self._chance.uniform(0.5, 1.5) * self._every_s
            self._simulation.sleep(next_at - self._simulation.now)

    def _want(self, name: str) -> None:
        began_s = self._simulation.now
        try:
            lease = self.locks.acquire(name, _LEASE_S, who="a caller", run_id="r")
        except LockRefused:
            self.tally.refused += 1
        except (LockUnavailable, LeaseLost):
            self.tally.unavailable += 1
        else:
            self.tally.answers_s.append(self._simulation.now - began_s)
            self._simulation.sleep(self._holds_s)
            self._give_back(lease)
            return
        self.tally.answers_s.append(self._simulation.now - began_s)

    def _give_back(self, lease: Any) -> None:
        try:
            self.locks.release(lease, "succeeded")
        except LockUnavailable:
            self.tally.unavailable += 1
        else:
            self.tally.rounds += 1

    def _wall_ms(self) -> int:
        return _START_MS + round(self._simulation.now * 1000)


class _Client:
    """A client of the SDK: waits for answers, and asks again where there are too many requests, as it is configured."""

    def __init__(self, simulation: Simulation, table: Table, chance: random.Random, callers: Callers) -> None:
        self._simulation = simulation
        self._table = table
        self._chance = chance
        self._callers = callers
        self._items = MemoryTable()
        self._whole = Bucket(simulation, table.account_writes_per_second)
        self._partitions: dict[str, Bucket] = {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._simulation.sleep(self._chance.random() * 2.0 ** (attempt - 1))
            self._simulation.sleep(self._chance.uniform(*self._table.answer_s) / 2)
            is_taken = self._takes(request["Key"]["pk"]["S"])
            answer = self._answer(request) if is_taken else None
            self._simulation.sleep(self._chance.uniform(*self._table.answer_s) / 2)
            if isinstance(answer, ClientError):
                raise answer
            if answer is not None:
                return answer
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "too many requests"}}, "UpdateItem")

    def _takes(self, name: str) -> bool:
        tally = self._callers.tally
        tally.requests[name] += 1
        partition = self._partitions.setdefault(name, Bucket(self._simulation, self._table.writes_per_second))
        is_taken = partition.takes() and self._whole.takes()
        tally.throttled += not is_taken
        return is_taken

    def _answer(self, request: dict[str, Any]) -> dict[str, Any] | ClientError:
        try:
            return self._items.update_item(**request)
        except ClientError as error:
            return error
