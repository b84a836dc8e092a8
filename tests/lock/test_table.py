"""The table in memory answers as emulators do, whatever the item holds when the lock's requests arrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, cast
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from nightshift.dynamodb import encode
from nightshift.errors import NightshiftError
from nightshift.lease import Lease
from nightshift.lock import Locks
from tests.lock.table import MemoryTable
from tests.lock.workers import TABLE

# Every value in a request is 1 or one of these names, and every item has less, as much, more, or nothing.
NUMBERS = (None, 0, 1, 2)
NAMES = {":me": "me", ":holder": "me", ":token": "token"}
HOLDERS = (None, "me", "token", "other")
# Always there, so that it is seen what an update leaves alone and what it removes.
OTHERWISE: dict[str, Any] = {"since_ms": 5, "slot": 5, "last_holder": "other", "who": "other"}


class _Heard:
    """Writes down every request of the lock."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def update_item(self, **request: Any) -> Any:
        self.requests.append(request)
        raise ClientError(cast("Any", {"Error": {"Code": "ConditionalCheckFailedException"}}), "UpdateItem")

    def get_item(self, **_: Any) -> Any:
        return {}


def requests() -> list[dict[str, Any]]:
    """One of each kind that the lock makes."""
    heard = _Heard()
    locks = Locks(lambda: heard, TABLE)
    lease = Lease("l", "h", 1, 0, 0.0, 0, slot_ms=1)
    operations: list[Any] = [
        lambda: locks.acquire("l", 1, who="w", run_id="r"),
        lambda: locks.acquire("l", 1, who="w", run_id="r", slot_ms=1),
        lambda: locks.acquire("l", 1, who="w", run_id="r", named_after_data=True),
        lambda: locks.renew(lease, 1),
        lambda: locks.release(lease, "done"),
        lambda: locks.release(lease, "done", slot_done=True),
        lambda: locks.adopt("l", "token", 1, 1),
        lambda: locks.force_release("l", "h", "w"),
        lambda: locks._give_back_unknown("l", "h"),
    ]
    for operation in operations:
        try:
            operation()
        except NightshiftError:
            continue
    assert len(heard.requests) == len(operations)
    return heard.requests


KINDS = requests()


def items(request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every item that the request's condition can tell from another one, and none at all."""
    asked = {
        "holder": HOLDERS, "origin": ("token", "other"), "fence": (1, 2), "until_ms": NUMBERS, "done_slot": NUMBERS
    }  # fmt: skip
    named = [name for name in asked if name in request["ConditionExpression"]]
    yield {}
    for chosen in product(*(asked[name] for name in named)):
        found = {name: value for name, value in zip(named, chosen, strict=True) if value is not None}
        yield {"fence": 1, **OTHERWISE, **found}


def answer(table: Any, request: Mapping[str, Any], item: Mapping[str, Any]) -> Any:
    """What the table says to a request about an item, and what it holds afterwards."""
    name = str(uuid4())
    key = {"pk": {"S": name}}
    if item:
        table.put_item(TableName=TABLE, Item={**key, **encode(item)})
    try:
        said = table.update_item(**{**request, "Key": key})["Attributes"]
    except ClientError as error:
        said = (error.response["Error"]["Code"], error.response.get("Item"))
    after = table.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")
    return [_without_key(said), _without_key(after)]


def _without_key(said: Any) -> Any:
    if isinstance(said, tuple):
        return (said[0], _without_key(said[1]))
    return {name: value for name, value in said.items() if name != "pk"} if said else said


def with_small_values(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request with 1 for every number."""
    small = {
        key: {"N": "1"} if "N" in value else {"S": NAMES.get(key, "x")}
        for key, value in request["ExpressionAttributeValues"].items()
    }
    return {**request, "ExpressionAttributeValues": small}


@pytest.fixture
def says_what_it_found(request: pytest.FixtureRequest) -> bool:
    emulator: str = request.node.callspec.params["emulator"]
    return emulator != "dynalite"


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_it_answers_as_others_do(emulator: Any, says_what_it_found: bool, kind: int) -> None:
    request = with_small_values(KINDS[kind])
    for item in items(request):
        ours, theirs = answer(MemoryTable(), request, item), answer(emulator, request, item)
        if isinstance(ours[0], tuple) and not says_what_it_found:
            ours[0] = (ours[0][0], None)
        assert ours == theirs, item


@pytest.mark.parametrize("condition", ["fence > :f", "fence = :f OR", "NOT fence = :f", "size(fence) = :f"])
def test_what_it_does_not_know_it_refuses(condition: str) -> None:
    request = {**KINDS[3], "ConditionExpression": condition, "ExpressionAttributeValues": {":f": {"N": "1"}}}
    with pytest.raises((ValueError, IndexError, KeyError)):
        MemoryTable().update_item(**{**request, "UpdateExpression": "SET fence = :f"})
