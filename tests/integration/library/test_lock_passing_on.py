"""Adopt, force-release and what a refusal tells, as tables over the states that an item can be in."""

from __future__ import annotations

from typing import Any

import pytest

from nightshift.errors import LeaseLost, LockRefused
from nightshift.lease import SKEW_MARGIN_MS, Refusal
from tests.integration.library.locking import FREE, HELD, NOW, SLOT, LockTable, take


class TestAdopt:
    def handed(self, **changes: int | str) -> dict[str, int | str]:
        return {**HELD, "holder": "token", "origin": "token", "until_ms": NOW + 60_000, **changes}

    @pytest.mark.parametrize(
        ("changes", "taken"),
        [
            ({}, True),
            ({"until_ms": NOW - 60_000}, True),  # lapsed, but nobody has taken it
            ({"fence": 8}, False),
            # Adopted already:
            ({"holder": "worker", "fence": 8}, False),
            ({"holder": "worker", "fence": 8, "until_ms": NOW - SKEW_MARGIN_MS}, False),
            # … by one that died:
            ({"holder": "worker", "fence": 8, "until_ms": NOW - SKEW_MARGIN_MS - 1}, True),
            # … whose own hand-over has gone on since:
            ({"holder": "next", "origin": "worker", "fence": 9, "until_ms": NOW - 60_000}, False),
            # Somebody else's altogether:
            ({"holder": "other", "origin": "other", "fence": 8, "until_ms": NOW - 60_000}, False),
        ],
    )
    def test_when_it_is_given(self, table: LockTable, name: str, changes: dict[str, int | str], taken: bool) -> None:
        item = self.handed(**changes)
        table.put(name, **item)
        if not taken:
            with pytest.raises(LockRefused) as caught:
                table.locks().adopt(name, "token", 7, 300)
            assert caught.value.refusal.reason == "stale"
            assert table.locks().read(name) == {"pk": name, **item}
            return
        adopted = table.locks().adopt(name, "token", 7, 300, slot_ms=SLOT)
        assert (adopted.fence, adopted.slot_ms) == (int(item["fence"]) + 1, SLOT)
        assert (adopted.until_ms, adopted.deadline, adopted.since_ms) == (NOW + 300_000, 350.0, NOW - 5)
        after = table.locks().read(name)
        assert after is not None
        assert (after["holder"], after["origin"]) == (adopted.holder, "token")

    @pytest.mark.parametrize("item", [None, {**FREE, "origin": "token", "last_holder": "token"}])
    def test_what_was_released_is_not_adopted(
        self, table: LockTable, name: str, item: dict[str, int | str] | None
    ) -> None:
        if item:
            table.put(name, **item)
        with pytest.raises(LockRefused):
            table.locks().adopt(name, "token", 7, 300)

    def test_the_giver_can_do_nothing_any_more(self, table: LockTable, name: str) -> None:
        given = take(table, name)
        adopted = table.locks().adopt(name, given.holder, given.fence, 300)
        with pytest.raises(LeaseLost):
            table.locks().renew(given, 60)
        assert table.locks().release(given, "done") is False
        assert table.locks().renew(adopted, 300).holder == adopted.holder

    def test_a_second_delivery_is_refused_also_when_the_first_has_ended(self, table: LockTable, name: str) -> None:
        given = take(table, name)
        adopted = table.locks().adopt(name, given.holder, given.fence, 300)
        for _ in range(2):
            with pytest.raises(LockRefused, match="this event is late"):
                table.locks().adopt(name, given.holder, given.fence, 300)
            table.locks().release(adopted, "done")


class TestDeadlines:
    def test_they_count_from_before_the_request(self, table: LockTable, name: str) -> None:
        class Slow:
            def update_item(self, **request: Any) -> Any:
                table.clocks.advance(10)
                return table.dynamodb.update_item(**request)

        slow = table.locks(dynamodb=Slow())
        taken = slow.acquire(name, 60, who="w", run_id="r")
        adopted = slow.adopt(name, taken.holder, taken.fence, 60)
        renewed = slow.renew(adopted, 60)
        assert (taken.deadline, adopted.deadline, renewed.deadline) == (110.0, 120.0, 130.0)
        assert (taken.until_ms, adopted.until_ms, renewed.until_ms) == (NOW + 60_000, NOW + 70_000, NOW + 80_000)


class TestForceRelease:
    def test_it_names_the_holder_exactly(self, table: LockTable, name: str) -> None:
        taken = take(table, name)
        for wrong in ("", "me", taken.holder.upper(), taken.holder[:-1]):
            assert table.locks().force_release(name, wrong, "admin") is False
        assert table.locks().force_release(name, taken.holder, "admin") is True
        item = table.locks().read(name)
        assert item is not None
        assert ("holder" in item, item["fence"], item["until_ms"]) == (False, 1, 0)
        assert (item["last_holder"], item["last_outcome"]) == (taken.holder, "force-released by admin")

    def test_the_holder_notices_and_the_fence_goes_on(self, table: LockTable, name: str) -> None:
        taken = take(table, name)
        table.locks().force_release(name, taken.holder, "admin")
        with pytest.raises(LeaseLost):
            table.locks().renew(taken, 60)
        assert table.locks().force_release(name, taken.holder, "somebody else") is False
        assert take(table, name).fence == 2

    def test_a_lock_that_does_not_exist_is_not_made(self, table: LockTable, name: str) -> None:
        assert table.locks().force_release(name, "h", "admin") is False
        assert table.locks().read(name) is None


class TestRefusals:
    def test_a_refusal_tells_who_since_when_and_until_when(self, table: LockTable, name: str) -> None:
        taken = take(table, name, slot_ms=SLOT)
        table.clocks.advance(1)
        with pytest.raises(LockRefused) as caught:
            table.locks().acquire(name, 60, who="second", run_id="run-2")
        assert caught.value.refusal == Refusal(name, "held", taken.holder, "me", "run", NOW, NOW + 60_000, SLOT)
        assert str(caught.value) == (f"{name}: held by me since 2027-01-15T08:00:00Z, until 2027-01-15T08:01:00Z")

    @pytest.mark.parametrize(
        ("until_ms", "seconds"),
        [(None, 1), (0, 1), (NOW - 9_999, 1), (NOW, 2), (NOW + 8_999, 10), (NOW + 9_000, 11), (NOW + 9_001, 11)],
    )
    def test_retry_after_is_enough_and_hardly_more(
        self, table: LockTable, name: str, until_ms: int | None, seconds: int
    ) -> None:
        assert Refusal(name, "held", until_ms=until_ms).retry_after_s(NOW) == seconds
        if until_ms and until_ms >= NOW:
            table.put(name, **{**HELD, "until_ms": until_ms})
            table.clocks.advance(seconds)
            take(table, name)

    @pytest.mark.parametrize(
        ("refusal", "said"),
        [
            (Refusal("n", "held", holder="h"), "n: held by h since an unknown time, until an unknown time"),
            (
                Refusal("n", "cooling", until_ms=NOW),
                "n: it ran a moment ago and may run again from 2027-01-15T08:00:01Z",
            ),
            (Refusal("n", "slot_done"), "n: this scheduled slot has already been done"),
        ],
    )
    def test_every_reason_is_a_sentence(self, refusal: Refusal, said: str) -> None:
        assert str(refusal) == said


def test_all_held_locks_are_listed_by_name_over_several_pages(table: LockTable, name: str) -> None:
    for number in range(5):
        table.put(f"{name}:{4 - number}", **{**HELD, "until_ms": NOW})
    table.put(f"{name}:free", **FREE)

    class SmallPages:
        asked = 0

        def scan(self, **request: Any) -> Any:
            self.asked += 1
            return table.dynamodb.scan(Limit=2, **request)

    pages = SmallPages()
    listed = [item["pk"] for item in table.locks(dynamodb=pages).held() if item["pk"].startswith(name)]
    assert listed == [f"{name}:{number}" for number in range(5)]
    assert pages.asked > 2
