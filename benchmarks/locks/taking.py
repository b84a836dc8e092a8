"""Taking and giving back one lock: ours, two bare conditional updates, and python_dynamodb_lock.

`python -m benchmarks.locks.taking [--rounds 5]`. `benchmarks.aws` answers in place of DynamoDB, in the same time
whatever is asked: measured are the number of requests and all that is done around them. The way to AWS is not in it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import boto3

from benchmarks.aws import services
from benchmarks.rounds import ROUNDS, Comparison, Contender, Goal, compare, grow, save
from benchmarks.workers import peers
from local.aws import credentials
from nightshift.lease import Lease
from nightshift.lock import Locks
from nightshift.platform import platform
from tests.support.aws import Aws

PAIRS: Final = 200
_TABLE: Final = "locks"
_PEER: Final = "python_dynamodb_lock"
_SCRIPT: Final = Path(__file__).with_name("run_python_dynamodb_lock.py")
_BARE: Final = "two bare updates"


class Counted:
    """A DynamoDB client that counts its requests."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.requests = 0
        self.client.meta.events.register("before-send.dynamodb", self._count)

    def _count(self, **_: Any) -> None:
        self.requests += 1

    def in_one(self, pair: Callable[[], object]) -> float:
        """Return how many requests one pair sends."""
        before = self.requests
        pair()
        return self.requests - before


def median_ms(pair: Callable[[], object], pairs: int = PAIRS) -> float:
    """Return the median of how long a pair of requests takes."""
    took = []
    for _ in range(pairs):
        started = time.perf_counter()
        pair()
        took.append(time.perf_counter() - started)
    return statistics.median(took) * 1000


def ours(locks: Locks) -> None:
    """Acquire and release as a run does."""
    locks.release(_acquire(locks, "product-checks"), "succeeded")


def bare(dynamodb: Any) -> None:
    """The least a lock can be: put a holder where there is none, remove it where it is mine. No fence, no slot."""
    me = str(uuid4())
    dynamodb.update_item(
        TableName=_TABLE,
        Key={"pk": {"S": "bare"}},
        UpdateExpression="SET holder = :me, until_ms = :until",
        ConditionExpression="attribute_not_exists(holder) OR until_ms < :now",
        ExpressionAttributeValues={":me": {"S": me}, ":until": {"N": "9999999999"}, ":now": {"N": "0"}},
    )
    dynamodb.update_item(
        TableName=_TABLE,
        Key={"pk": {"S": "bare"}},
        UpdateExpression="REMOVE holder, until_ms",
        ConditionExpression="holder = :me",
        ExpressionAttributeValues={":me": {"S": me}},
    )


def peer(endpoint: str) -> dict[str, float]:
    """Let python_dynamodb_lock do the same in its own environment; return its median and its requests a pair."""
    environment = {**os.environ, **credentials(), "AWS_ENDPOINT_URL": endpoint}
    command = [str(peers()), str(_SCRIPT), str(PAIRS)]
    ended = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    answer: dict[str, float] = json.loads(ended.stdout)
    return answer


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/lock.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    with services() as endpoint:
        Aws(endpoint).create_table(_TABLE)
        os.environ |= credentials() | {"AWS_ENDPOINT_URL": endpoint, "LOCK_TABLE": _TABLE, "DATABASE_URL": "unused"}
        our, their = Counted(platform().client("dynamodb")), Counted(boto3.client("dynamodb"))
        locks = platform().locks
        compared = [
            _time(locks, their, endpoint, rounds),
            _requests(our, locks, their, endpoint),
        ]
        title = "Locks that one run takes, each before the next, and gives back"
        growth = grow(title, "ms a lock", (1, 10, 100), partial(_many_ms, locks))
    versions = {name: version(name) for name in ("boto3",)}
    save("lock", compared, {**versions, _PEER: peer_version()}, growth=[growth.document()])


def _time(locks: Locks, their: Counted, endpoint: str, rounds: int) -> Comparison:
    pairs = {"Nightshift": partial(ours, locks), _BARE: partial(bare, their.client)}
    contenders = [Contender(name, partial(median_ms, pair), rounds) for name, pair in pairs.items()]
    contenders.append(Contender(_PEER, lambda: peer(endpoint)["ms"], rounds))
    goals = (Goal("Nightshift", _BARE, at_most=1.15), Goal(_PEER, "Nightshift", at_least=1.3))
    title = f"Acquire and release: the median of {PAIRS}, without the way to AWS"
    return compare(title, contenders, unit="ms", goals=goals, rounds=rounds)


def _requests(our: Counted, locks: Locks, their: Counted, endpoint: str) -> Comparison:
    contenders = [
        Contender("Nightshift", lambda: our.in_one(lambda: ours(locks))),
        Contender(_BARE, lambda: their.in_one(lambda: bare(their.client))),
        Contender(_PEER, lambda: peer(endpoint)["requests"]),
    ]
    goals = (Goal("Nightshift", _BARE, at_most=1), Goal("Nightshift", _PEER, at_most=0.99))
    return compare("Requests for acquire and release", contenders, unit="requests", goals=goals, rounds=1)


def _many_ms(locks: Locks, many: int) -> float:
    """Return what each of so many locks costs a run that holds all of them at once."""
    started = time.perf_counter()
    held = [_acquire(locks, f"product-check:{number}") for number in range(many)]
    for lease in held:
        locks.release(lease, "succeeded")
    return (time.perf_counter() - started) * 1000 / many


def _acquire(locks: Locks, name: str) -> Lease:
    return locks.acquire(name, 60, who="a benchmark", run_id="00000000-0000-0000-0000-000000000000")


def peer_version() -> str:
    """Return the version that is installed in the peers' environment."""
    asked = [str(peers()), "-c", f"from importlib.metadata import version; print(version('{_PEER}'))"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


if __name__ == "__main__":
    main()
