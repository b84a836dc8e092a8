"""Acquire, renew and release, as tables over the states that an item can be in. All clocks are the test's."""

from __future__ import annotations

from typing import Any

import pytest

from nightshift.errors import LeaseLost, LockRefused
from nightshift.lease import SKEW_MARGIN_MS, Lease
from nightshift.lock import DATA_LOCK_TTL_S
from tests.integration.library.locking import FREE, HELD, NOW, SLOT, LockTable, lease, take


class TestAcquire:
    @pytest.mark.parametrize(
        ("item", "slot_ms", "refused"),
        [
            (None, None, None),
            (None, SLOT, None),
            (FREE, None, None),
            (FREE, SLOT, None),
            ({**HELD, "until_ms": NOW + 60_000}, None, "held"),
            ({**HELD, "until_ms": NOW}, None, "held"),
            # The taker waits the margin, and one millisecond more.
            ({**HELD, "until_ms": NOW - SKEW_MARGIN_MS}, None, "held"),
            ({**HELD, "until_ms": NOW - SKEW_MARGIN_MS - 1}, None, None),
            ({**FREE, "until_ms": NOW + 9_000}, None, "cooling"),
            ({**FREE, "until_ms": NOW - SKEW_MARGIN_MS}, None, "cooling"),
            ({**FREE, "until_ms": NOW - SKEW_MARGIN_MS - 1}, None, None),
            ({**FREE, "done_slot": SLOT}, SLOT, "slot_done"),
            ({**FREE, "done_slot": SLOT + 1}, SLOT, "slot_done"),
            ({**FREE, "done_slot": SLOT - 1}, SLOT, None),
            ({**FREE, "done_slot": SLOT}, None, None),
            ({**HELD, "until_ms": NOW + 60_000, "done_slot": SLOT}, SLOT, "slot_done"),
            ({**HELD, "until_ms": NOW + 60_000, "slot": SLOT}, SLOT, "held"),
            ({**HELD, "until_ms": NOW + 60_000, "done_slot": SLOT - 1}, SLOT, "held"),
            ({**FREE, "until_ms": NOW + 9_000, "done_slot": SLOT}, SLOT, "slot_done"),
        ],
    )
    def test_when_it_is_given(
        self, table: LockTable, name: str, item: dict[str, int | str] | None, slot_ms: int | None, refused: str | None
    ) -> None:
        if item:
            table.put(name, **item)
        if refused:
            with pytest.raises(LockRefused) as caught:
                take(table, name, slot_ms=slot_ms)
            assert caught.value.refusal.reason == refused
            assert table.locks().read(name) == {"pk": name, **(item or {})}, "a refusal changes nothing"
        else:
            before = int((item or {"fence": 0})["fence"])
            assert take(table, name, slot_ms=slot_ms).fence == before + 1

    def test_what_it_writes(self, table: LockTable, name: str) -> None:
        taken = take(table, name, lease_s=60.5, slot_ms=SLOT)
        assert table.locks().read(name) == {
            "pk": name, "holder": taken.holder, "origin": taken.holder, "fence": 1, "until_ms": NOW + 60_500,
            "since_ms": NOW, "who": "me", "run_id": "run", "slot": SLOT,
        }  # fmt: skip
        assert taken == Lease(name, taken.holder, 1, NOW + 60_500, 50.0 + 60.5, NOW, SLOT)

    def test_every_acquisition_has_a_holder_of_its_own(self, table: LockTable, name: str) -> None:
        holders = set()
        for _ in range(3):
            taken = take(table, name)
            holders.add(taken.holder)
            table.locks().release(taken, "done")
        assert len(holders) == 3

    def test_a_run_without_a_slot_does_not_show_the_slot_before(self, table: LockTable, name: str) -> None:
        table.locks().release(take(table, name, slot_ms=SLOT), "done", slot_done=True)
        take(table, name)
        item = table.locks().read(name)
        assert item is not None
        assert "slot" not in item
        assert item["done_slot"] == SLOT

    def test_the_lock_of_a_job_has_no_ttl_and_a_data_lock_outlives_its_release_by_a_week(
        self, table: LockTable, name: str
    ) -> None:
        take(table, name)
        take(table, f"{name}:5", named_after_data=True)
        job, data = table.locks().read(name), table.locks().read(f"{name}:5")
        assert job is not None
        assert data is not None
        assert "expires_s" not in job
        assert data["expires_s"] == (NOW + 60_000) // 1000 + DATA_LOCK_TTL_S
        assert DATA_LOCK_TTL_S >= 7 * 24 * 3600

    def test_a_data_lock_that_vanished_begins_above_every_fence_it_had(self, table: LockTable, name: str) -> None:
        fences = []
        for _ in range(3):
            taken = take(table, name, named_after_data=True)
            table.locks().release(taken, "done")
            fences.append(taken.fence)
        table.dynamodb.delete_item(TableName=table.name, Key={"pk": {"S": name}})
        table.clocks.advance(7 * 24 * 3600)
        fences.append(take(table, name, named_after_data=True).fence)
        assert fences[:3] == [NOW + 1, NOW + 2, NOW + 3]
        assert fences == sorted(set(fences))

    @pytest.mark.parametrize("late_s", [59.9, 60.0, 300.0])
    def test_an_answer_that_comes_after_the_lease_is_no_lease(self, table: LockTable, name: str, late_s: float) -> None:
        class Slow:
            def update_item(self, **request: Any) -> Any:
                answer = table.dynamodb.update_item(**request)
                table.clocks.advance(late_s)
                return answer

        locks = table.locks(dynamodb=Slow())
        if late_s < 60:
            assert locks.acquire(name, 60, who="w", run_id="r").deadline == 110.0
            return
        with pytest.raises(LeaseLost):
            locks.acquire(name, 60, who="w", run_id="r")
        item = table.locks().read(name)
        assert item is not None
        assert ("holder" in item, item["until_ms"]) == (False, 0), "given back"


class TestRenew:
    @pytest.mark.parametrize(
        ("changes", "lost"),
        [
            ({}, False),
            ({"until_ms": NOW - 60_000}, False),  # lapsed, but nobody has taken it
            ({"fence": 8}, True),
            ({"holder": "another"}, True),
        ],
    )
    def test_only_the_holder_renews(
        self, table: LockTable, name: str, changes: dict[str, int | str], lost: bool
    ) -> None:
        table.put(name, **{**HELD, "until_ms": NOW + 10_000, **changes})
        if lost:
            with pytest.raises(LeaseLost):
                table.locks().renew(lease(name), 60)
        else:
            renewed = table.locks().renew(lease(name), 60)
            assert (renewed.until_ms, renewed.deadline, renewed.fence) == (NOW + 60_000, 110.0, 7)

    @pytest.mark.parametrize("item", [None, FREE])
    def test_what_nobody_holds_is_not_renewed(
        self, table: LockTable, name: str, item: dict[str, int | str] | None
    ) -> None:
        if item:
            table.put(name, **item)
        with pytest.raises(LeaseLost):
            table.locks().renew(lease(name), 60)

    def test_a_late_duplicate_does_not_shorten_the_lease(self, table: LockTable, name: str) -> None:
        table.put(name, **{**HELD, "until_ms": NOW + 60_000})
        mine = lease(name, until_ms=NOW + 60_000, deadline=110.0)
        renewed = table.locks().renew(mine, 30)
        assert (renewed.until_ms, renewed.deadline) == (mine.until_ms, mine.deadline)
        item = table.locks().read(name)
        assert item is not None
        assert item["until_ms"] == NOW + 60_000

    @pytest.mark.parametrize(("late_s", "lost"), [(59.9, False), (60.0, True)])
    def test_an_answer_that_comes_after_the_renewed_lease_is_no_lease(
        self, table: LockTable, name: str, late_s: float, lost: bool
    ) -> None:
        class Slow:
            def update_item(self, **request: Any) -> Any:
                answer = table.dynamodb.update_item(**request)
                table.clocks.advance(late_s)
                return answer

        taken = take(table, name, lease_s=30)
        if lost:
            with pytest.raises(LeaseLost, match="had ended before the answer came"):
                table.locks(dynamodb=Slow()).renew(taken, 60)
        else:
            assert table.locks(dynamodb=Slow()).renew(taken, 60).deadline == 110.0

    def test_a_renewal_that_an_earlier_one_outlasts_still_reaches_to_its_own_end(
        self, table: LockTable, name: str
    ) -> None:
        taken = take(table, name, lease_s=10)
        table.locks().renew(taken, 60)  # its answer never came
        renewed = table.locks().renew(taken, 30)
        assert (renewed.deadline, renewed.until_ms) == (80.0, NOW + 60_000)


class TestRelease:
    @pytest.mark.parametrize(
        ("item", "ours"),
        [
            ({**HELD, "until_ms": NOW + 60_000}, True),
            ({**HELD, "until_ms": NOW - 60_000}, True),
            ({**HELD, "until_ms": NOW + 60_000, "fence": 8}, False),
            ({**HELD, "until_ms": NOW + 60_000, "holder": "another"}, False),
            (FREE, True),  # done already: a duplicate
            ({**FREE, "last_holder": "another"}, False),
            (None, False),
        ],
    )
    def test_only_the_holder_releases(
        self, table: LockTable, name: str, item: dict[str, int | str] | None, ours: bool
    ) -> None:
        if item:
            table.put(name, **item)
        assert table.locks().release(lease(name), "done") is ours
        after = table.locks().read(name)
        if item and item.get("holder") == "h" and ours:
            assert after is not None
            assert "holder" not in after
            assert (after["until_ms"], after["fence"], after["released_ms"]) == (0, 7, NOW)
            assert (after["last_holder"], after["last_outcome"]) == ("h", "done")
        else:
            assert after == ({"pk": name, **item} if item else None)

    @pytest.mark.parametrize(
        ("ran_s", "at_least_s", "until_ms"),
        [(1, 60, 59_000), (58.9, 60, 59_000), (59.5, 60, 59_000), (60, 60, 59_000), (1, 0, 0)],
    )
    def test_at_least_for_holds_it_back_from_its_start(
        self, table: LockTable, name: str, ran_s: float, at_least_s: float, until_ms: int
    ) -> None:
        taken = take(table, name)
        table.clocks.advance(ran_s)
        table.locks().release(taken, "done", at_least_s=at_least_s)
        item = table.locks().read(name)
        assert item is not None
        assert item["until_ms"] == (NOW + until_ms if until_ms else 0)
        table.clocks.advance(60 - ran_s)
        if until_ms:
            with pytest.raises(LockRefused):
                take(table, name)
        table.clocks.advance(0.001)
        take(table, name)

    def test_a_slot_is_marked_as_done_only_where_it_was_done(self, table: LockTable, name: str) -> None:
        table.locks().release(take(table, name, slot_ms=SLOT), "failed")
        again = take(table, name, slot_ms=SLOT)
        table.locks().release(again, "succeeded", slot_done=True)
        with pytest.raises(LockRefused, match="already been done"):
            take(table, name, slot_ms=SLOT)
