"""Lock tables with clocks that tests move, and the states that an item can be in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nightshift.lease import Lease
from nightshift.lock import Locks


@dataclass
class Clocks:
    """One machine's two clocks. `wall_ms` may be off; `monotonic_s` starts anywhere."""

    wall_ms: int = 1_800_000_000_000
    monotonic_s: float = 50.0

    def advance(self, seconds: float) -> None:
        self.wall_ms += round(seconds * 1000)
        self.monotonic_s += seconds


@dataclass
class LockTable:
    """A lock table on the test session's DynamoDB; each test uses names of its own."""

    name: str
    dynamodb: Any
    endpoint: str
    clocks: Clocks = field(default_factory=Clocks)

    def locks(self, clocks: Clocks | None = None, dynamodb: Any = None, **options: Any) -> Locks:
        own = clocks or self.clocks
        used = dynamodb or self.dynamodb
        return Locks(
            lambda: used, self.name, clock_ms=lambda: own.wall_ms, monotonic=lambda: own.monotonic_s, **options
        )

    def put(self, lock: str, **attributes: int | str) -> None:
        typed = {name: {"N": str(v)} if isinstance(v, int) else {"S": v} for name, v in attributes.items()}
        self.dynamodb.put_item(TableName=self.name, Item={"pk": {"S": lock}, **typed})


NOW = Clocks().wall_ms
SLOT = NOW - 60_000
HELD: dict[str, int | str] = {"holder": "h", "origin": "h", "fence": 7, "since_ms": NOW - 5, "who": "w", "run_id": "r"}
FREE: dict[str, int | str] = {"fence": 7, "until_ms": 0, "last_holder": "h", "released_ms": NOW - 5}


def lease(name: str, **changes: Any) -> Lease:
    return Lease(
        **{"name": name, "holder": "h", "fence": 7, "until_ms": 0, "deadline": 0.0, "since_ms": NOW, **changes}
    )


def take(table: LockTable, name: str, lease_s: float = 60, **options: Any) -> Lease:
    return table.locks().acquire(name, lease_s, who="me", run_id="run", **options)
