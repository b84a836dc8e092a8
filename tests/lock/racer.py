"""Processes that want the same lock at the same moment; an order on stdin, a line of JSON, is for all of them.

They are forked from one that has loaded the SDK already: eight times over, that takes longer than the races.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

import boto3
from botocore.config import Config
from botocore.retries import standard

from local.aws import credentials
from nightshift.errors import LockRefused, LockUnavailable
from nightshift.lease import Lease
from tests.lock.mutants import AS_IT_IS, FURTHER, NINE

TABLE = sys.argv[1] if len(sys.argv) > 1 else ""
MUTANTS = {mutant.name: mutant for mutant in (AS_IT_IS, *NINE, *FURTHER)}
# As the platform has it, but with waits that nobody would sit through 150 times.
SDK = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


@cache
def dynamodb(endpoint: str) -> Any:
    """A client of this process's own."""
    known = credentials()
    return boto3.client(
        "dynamodb", endpoint_url=endpoint, region_name=known["AWS_REGION"], config=SDK,
        aws_access_key_id=known["AWS_ACCESS_KEY_ID"], aws_secret_access_key=known["AWS_SECRET_ACCESS_KEY"],
    )  # fmt: skip


@cache
def locks(endpoint: str, mutant: str) -> Any:
    """The lock table at an address, by the code with one mistake or none."""
    return MUTANTS[mutant].locks(lambda: dynamodb(endpoint), TABLE)


class Racer:
    """One process: what it holds."""

    def __init__(self) -> None:
        self._held: tuple[Any, Lease] | None = None

    def obey(self, order: dict[str, Any]) -> Any:
        """Do it and say what came of it."""
        return self.acquire(order) if order["do"] == "acquire" else self.release(order)

    def acquire(self, order: dict[str, Any]) -> dict[str, Any]:
        using = locks(order["endpoint"], order["mutant"])
        self._held = None
        try:
            lease = using.acquire(order["name"], 60, who="racer", run_id="r", slot_ms=order["slot"])
        except LockRefused as error:
            return {"refused": error.refusal.reason, "by": error.refusal.holder}
        except LockUnavailable as error:
            return {"unavailable": str(error)}
        self._held = (using, lease)
        return {"fence": lease.fence, "holder": lease.holder}

    def release(self, order: dict[str, Any]) -> Any:
        if self._held is None:
            return None
        using, lease = self._held
        try:
            return using.release(lease, "done", slot_done=order["done"])
        except LockUnavailable as error:
            return {"unavailable": str(error)}


def race(orders: Connection) -> None:
    """One process, until its orders end."""
    standard.ExponentialBackoff.delay_amount = lambda *_: 0
    racer = Racer()
    while True:
        try:
            order = orders.recv()
        except EOFError:
            return
        orders.send(racer.obey(order))


def main() -> None:
    """Passes orders on until stdin ends."""
    dynamodb("http://127.0.0.1:1")  # loads what the SDK knows of DynamoDB, before there are eight of us
    fork = multiprocessing.get_context("fork")
    started: list[Connection] = []
    for _ in range(int(sys.argv[2])):
        ours, theirs = fork.Pipe()
        fork.Process(target=_begin, args=(theirs, [*started, ours]), daemon=True).start()
        theirs.close()
        started.append(ours)
    for line in sys.stdin:
        order = json.loads(line)
        for orders in started:
            orders.send(order)
        sys.stdout.write(json.dumps([orders.recv() for orders in started]) + "\n")
        sys.stdout.flush()


def _begin(orders: Connection, others: list[Connection]) -> None:
    for other in others:
        other.close()
    race(orders)


if __name__ == "__main__":
    main()
