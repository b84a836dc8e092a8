"""Requests and answers of the lock table get lost: what was ours is ours, what is unknown is given back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.retries import standard

from nightshift.errors import LockRefused, LockUnavailable
from nightshift.lease import Lease
from nightshift.lock import Locks
from tests.integration.library.locking import NOW, LockTable, take
from tests.integration.library.lossy_door import Loss, LossyDoor


@pytest.fixture
def locks(
    table: LockTable,
    door: LossyDoor,
    client_of: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Locks]:
    """Locks through the lossy door, by an SDK that repeats at once."""
    monkeypatch.setattr(standard.ExponentialBackoff, "delay_amount", lambda *_: 0)
    client = client_of(door.endpoint)
    yield table.locks(dynamodb=client)
    client.close()


def item_of(table: LockTable, name: str) -> dict[str, Any]:
    item = table.locks().read(name)
    assert item is not None
    return item


LOST: list[list[Loss | None]] = [["request"], ["answer"], ["request", "answer"], ["answer", "answer"]]


@pytest.mark.parametrize("losses", LOST)
class TestTheSdkRepeats:
    def test_an_acquisition_is_ours_once(
        self, table: LockTable, door: LossyDoor, locks: Locks, name: str, losses: Any
    ) -> None:
        door.losses = [*losses]
        taken = locks.acquire(name, 60, who="w", run_id="r")
        item = item_of(table, name)
        assert (item["holder"], item["fence"], item["until_ms"]) == (taken.holder, 1, NOW + 60_000)
        assert taken == Lease(name, taken.holder, 1, NOW + 60_000, 110.0, NOW)
        assert door.seen == len(losses) + 1

    def test_a_renewal_is_made_once(
        self, table: LockTable, door: LossyDoor, locks: Locks, name: str, losses: Any
    ) -> None:
        taken = take(table, name)
        table.clocks.advance(30)
        door.losses = [*losses]
        renewed = locks.renew(taken, 60)
        assert (renewed.until_ms, renewed.deadline) == (NOW + 90_000, 140.0)
        assert item_of(table, name)["until_ms"] == NOW + 90_000

    def test_a_release_was_ours(self, table: LockTable, door: LossyDoor, locks: Locks, name: str, losses: Any) -> None:
        taken = take(table, name)
        door.losses = [*losses]
        assert locks.release(taken, "done") is True
        assert "holder" not in item_of(table, name)

    def test_an_adoption_is_ours_once(
        self, table: LockTable, door: LossyDoor, locks: Locks, name: str, losses: Any
    ) -> None:
        given = take(table, name)
        door.losses = [*losses]
        adopted = locks.adopt(name, given.holder, given.fence, 300)
        assert (adopted.fence, adopted.holder) == (2, item_of(table, name)["holder"])
        with pytest.raises(LockRefused):
            locks.adopt(name, given.holder, given.fence, 300)

    def test_a_forced_release_is_told_as_done(
        self, table: LockTable, door: LossyDoor, locks: Locks, name: str, losses: Any
    ) -> None:
        taken = take(table, name)
        door.losses = [*losses]
        assert locks.force_release(name, taken.holder, "admin") is True
        assert "holder" not in item_of(table, name)


class TestTheSdkGivesUp:
    @pytest.mark.parametrize("lost", ["request", "answer"])
    def test_an_acquisition_of_unknown_outcome_is_given_back(
        self, table: LockTable, door: LossyDoor, locks: Locks, name: str, lost: Loss
    ) -> None:
        door.losses = [lost] * 3
        with pytest.raises(LockUnavailable):
            locks.acquire(name, 60, who="w", run_id="r")
        assert door.losses == []
        # Free at once, and the fence has not gone back.
        assert take(table, name).fence == (2 if lost == "answer" else 1)

    def test_an_adoption_of_unknown_outcome_is_given_back(
        self, table: LockTable, door: LossyDoor, locks: Locks, name: str
    ) -> None:
        given = take(table, name)
        door.losses = ["answer"] * 3
        with pytest.raises(LockUnavailable):
            locks.adopt(name, given.holder, given.fence, 300)
        assert take(table, name).fence == 3

    def test_what_cannot_be_given_back_lapses(self, table: LockTable, door: LossyDoor, locks: Locks, name: str) -> None:
        door.losses = ["answer", "answer", "answer", "request", "request", "request"]
        with pytest.raises(LockUnavailable):
            locks.acquire(name, 60, who="w", run_id="r")
        with pytest.raises(LockRefused):
            take(table, name)
        table.clocks.advance(61.001)
        assert take(table, name).fence == 2

    def test_giving_back_takes_nothing_from_somebody_else(
        self, table: LockTable, door: LossyDoor, locks: Locks, name: str
    ) -> None:
        taken = take(table, name)
        door.losses = ["answer"] * 3
        with pytest.raises(LockUnavailable):
            locks.acquire(name, 60, who="w", run_id="r")
        assert item_of(table, name)["holder"] == taken.holder


OPERATIONS: dict[str, Callable[[Locks, Lease], Any]] = {
    "acquire": lambda locks, lease: locks.acquire(lease.name, 60, who="w", run_id="r"),
    "renew": lambda locks, lease: locks.renew(lease, 60),
    "release": lambda locks, lease: locks.release(lease, "done"),
    "adopt": lambda locks, lease: locks.adopt(lease.name, lease.holder, lease.fence, 60),
    "force_release": lambda locks, lease: locks.force_release(lease.name, lease.holder, "admin"),
    "read": lambda locks, lease: locks.read(lease.name),
    "held": lambda locks, _lease: locks.held(),
}


@pytest.mark.parametrize("operation", OPERATIONS)
class TestUnavailable:
    def test_a_table_out_of_reach(
        self, table: LockTable, door: LossyDoor, locks: Locks, name: str, operation: str
    ) -> None:
        taken = take(table, name)
        door.losses = ["request"] * 6
        with pytest.raises(LockUnavailable, match=r"cannot be reached \(ConnectionClosedError\)"):
            OPERATIONS[operation](locks, taken)

    def test_a_table_that_refuses(self, table: LockTable, name: str, operation: str) -> None:
        elsewhere = Locks(lambda: table.dynamodb, "no-such-table")
        with pytest.raises(LockUnavailable, match="refused: ResourceNotFoundException"):
            OPERATIONS[operation](elsewhere, Lease(name, "h", 1, 0, 0.0, 0))


class TestWithoutTheOldItem:
    """Some emulators do not say what they found when a condition fails."""

    class Silent:
        def __init__(self, dynamodb: Any) -> None:
            self._dynamodb = dynamodb
            self.reads = 0

        def update_item(self, **request: Any) -> Any:
            try:
                return self._dynamodb.update_item(**request)
            except ClientError as error:
                error.response.pop("Item", None)
                raise

        def get_item(self, **request: Any) -> Any:
            self.reads += 1
            assert request["ConsistentRead"] is True
            return self._dynamodb.get_item(**request)

    def test_a_refusal_still_tells_the_holder_after_one_read(self, table: LockTable, name: str) -> None:
        taken = take(table, name)
        silent = self.Silent(table.dynamodb)
        with pytest.raises(LockRefused) as caught:
            table.locks(dynamodb=silent).acquire(name, 60, who="w", run_id="r")
        assert (caught.value.refusal.holder, caught.value.refusal.who, silent.reads) == (taken.holder, "me", 1)

    def test_what_was_ours_is_still_ours(self, table: LockTable, door: LossyDoor, locks: Locks, name: str) -> None:
        silent = self.Silent(locks._client())
        door.losses = ["answer"]
        taken = table.locks(dynamodb=silent).acquire(name, 60, who="w", run_id="r")
        assert item_of(table, name)["holder"] == taken.holder
