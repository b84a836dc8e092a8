"""The table that answers in benchmarks does what the one that the lock is proved on does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from benchmarks.table import ConditionFailedError, Table, holds
from nightshift.errors import LockRefused
from nightshift.lock import Locks
from tests.lock.table import MemoryTable
from tests.lock.table import holds as proved

VALUES = {":me": {"S": "a"}, ":f": {"N": "7"}, ":free": {"N": "50"}}
ITEMS: tuple[dict[str, Any], ...] = (
    {},
    {"pk": {"S": "x"}},
    {"pk": {"S": "x"}, "holder": {"S": "a"}, "fence": {"N": "7"}, "until_ms": {"N": "9"}},
    {"pk": {"S": "x"}, "holder": {"S": "b"}, "fence": {"N": "10"}, "until_ms": {"N": "100"}},
    {"pk": {"S": "x"}, "holder": {"N": "1"}, "fence": {"S": "7"}, "until_ms": {"N": "50"}},
)


class _Both:
    """A client that asks both tables and insists on one answer."""

    def __init__(self) -> None:
        self.ours, self.proved = Table(), MemoryTable()

    def update_item(self, **request: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self.ours.update(request)
        except ConditionFailedError as failed:
            with pytest.raises(ClientError) as refused:
                self.proved.update_item(**request)
            assert refused.value.response.get("Item", {}) == failed.item  # noqa: PT017  # both are raised
            raise refused.value from None
        assert self.proved.update_item(**request) == answer
        return answer


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize(
    "condition",
    [
        "attribute_not_exists(until_ms) OR until_ms < :free",
        "(attribute_not_exists(until_ms) OR until_ms < :free) AND (attribute_not_exists(done_slot) OR done_slot < :f)",
        "holder = :me AND fence = :f",
        "holder = :me AND fence = :f AND until_ms <= :free",
    ],
)
def test_conditions_are_true_of_the_same_items(condition: str, item: dict[str, Any]) -> None:
    assert holds(condition, item, VALUES) == proved(condition, item, VALUES)


def test_a_lock_is_taken_refused_renewed_and_given_back_as_on_the_proved_table() -> None:
    both = _Both()
    locks = Locks(lambda: both, "locks")

    lease = locks.acquire("a", 60, who="one", run_id="1", slot_ms=5)
    with pytest.raises(LockRefused):
        locks.acquire("a", 60, who="two", run_id="2")
    locks.renew(lease, 90)
    assert locks.release(lease, "succeeded", slot_done=True)
    assert locks.acquire("a", 60, who="two", run_id="2", named_after_data=True).fence == lease.fence + 1


def test_names_stand_for_attributes_and_not_denies() -> None:
    condition, names = "NOT(attribute_exists(#p) AND attribute_exists(#s))", (("#p", "lock_key"), ("#s", "sort_key"))

    assert holds(condition, {"lock_key": {"S": "a"}}, {}, names)
    assert not holds(condition, {"lock_key": {"S": "a"}, "sort_key": {"S": "-"}}, {}, names)


@pytest.mark.parametrize("condition", ["size(holder) > :f", "holder BETWEEN :f AND :f", "__import__('os')"])
def test_what_it_does_not_know_is_refused(condition: str) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        holds(condition, {}, VALUES)
