"""The table in memory answers as emulators do, whatever the item holds when the lock's requests arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nightshift.dynamodb import encode
from nightshift.errors import NightshiftError
from nightshift.lease import Lease
from nightshift.lock import Locks
from tests.lock.table import MemoryTable
from tests.lock.workers import TABLE

SMALL = st.integers(0, 3)
# Few values, so that what a request names is often what the item holds.
NAMES = st.sampled_from(["h", "token", "origin"])
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "holder": NAMES, "origin": NAMES, "last_holder": NAMES, "fence": SMALL, "until_ms": SMALL, "done_slot": SMALL,
        "slot": SMALL, "since_ms": SMALL, "who": NAMES,
    },
)  # fmt: skip


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


def values(request: Mapping[str, Any], numbers: list[int], name: str) -> dict[str, Any]:
    """The request's values, small: numbers in turn, and one name."""
    turn = iter(numbers * 3)
    return {
        key: {"N": str(next(turn))} if "N" in value else {"S": name if key in (":me", ":holder", ":token") else "x"}
        for key, value in request["ExpressionAttributeValues"].items()
    }


@pytest.fixture
def says_what_it_found(request: pytest.FixtureRequest) -> bool:
    emulator: str = request.node.callspec.params["emulator"]
    return emulator != "dynalite"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(range(len(KINDS))), item=ITEMS, numbers=st.lists(SMALL, min_size=3, max_size=6), name=NAMES)
def test_it_answers_as_others_do(
    emulator: Any, says_what_it_found: bool, kind: int, item: dict[str, Any], numbers: list[int], name: str
) -> None:
    request = {**KINDS[kind], "ExpressionAttributeValues": values(KINDS[kind], numbers, name)}
    ours, theirs = answer(MemoryTable(), request, item), answer(emulator, request, item)
    if isinstance(ours[0], tuple) and not says_what_it_found:
        ours[0] = (ours[0][0], None)
    assert ours == theirs


@pytest.mark.parametrize("condition", ["fence > :f", "fence = :f OR", "NOT fence = :f", "size(fence) = :f"])
def test_what_it_does_not_know_it_refuses(condition: str) -> None:
    request = {**KINDS[3], "ConditionExpression": condition, "ExpressionAttributeValues": {":f": {"N": "1"}}}
    with pytest.raises((ValueError, IndexError, KeyError)):
        MemoryTable().update_item(**{**request, "UpdateExpression": "SET fence = :f"})
