"""The fence against a real PostgreSQL, from two connections at once: whoever comes late writes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from nightshift import fence
from nightshift.connecting import Address
from nightshift.database import Database
from nightshift.errors import DatabaseBusy, DatabaseUnavailable, SlotAlreadyDone, StaleFence
from nightshift.lease import Lease

SLOT_MS = 1_795_359_600_000
INSERT = "INSERT INTO job_settings (job, updated_by) VALUES (:job, 'test')"


def lease(name: str = "job", number: int = 1, holder: str | None = None, slot_ms: int | None = None) -> Lease:
    return Lease(name, holder or f"h{number}", number, 0, 0.0, 0, slot_ms)


@pytest.fixture
def other(address: Address) -> Iterator[Database]:
    """A second worker's connection."""
    database = Database(lambda **_: address)
    yield database
    database.close()


@pytest.fixture
def aside() -> Iterator[Callable[..., Future[Any]]]:
    with ThreadPoolExecutor(2) as pool:
        yield pool.submit


def somebody_waits(postgres: Any) -> None:
    """Returns once a session waits for a lock."""
    while not postgres.run("SELECT 1 FROM pg_locks WHERE NOT granted"):
        pass


def stored(postgres: Any) -> list[str]:
    return [row[0] for row in postgres.run("SELECT job FROM job_settings ORDER BY job")]


def fences(postgres: Any) -> list[Any]:
    return list(postgres.run("SELECT job, fence, holder FROM job_fence ORDER BY job"))


class TestClaim:
    def test_the_newest_holder_is_kept(self, database: Database, postgres: Any) -> None:
        for number in (1, 2, 5):
            database.write(fence.claim_one(lease(number=number)))
        assert fences(postgres) == [["job", 5, "h5"]]

    @pytest.mark.parametrize(("number", "holder"), [(4, "h4"), (5, "another"), (1, "h5")])
    def test_an_older_one_is_stale(self, database: Database, postgres: Any, number: int, holder: str) -> None:
        database.write(fence.claim_one(lease(number=5)))
        late = lease(number=number, holder=holder)
        with pytest.raises(StaleFence, match="newer holder has claimed job"):
            database.write(fence.claim_one(late))
        assert database.write(fence.claim([late])) == []
        assert fences(postgres) == [["job", 5, "h5"]]

    def test_the_same_holder_may_claim_again(self, database: Database) -> None:
        for _ in range(2):
            database.write(fence.claim_one(lease()))
            assert database.write(fence.claim([lease()])) == [{"job": "job"}]

    def test_several_are_claimed_each_on_its_own(self, database: Database, postgres: Any) -> None:
        database.write(fence.claim([lease("b", 5)]))
        claimed = database.write(fence.claim([lease("c", 1), lease("b", 4), lease("a", 1)]))
        assert sorted(row["job"] for row in claimed) == ["a", "c"]
        assert fences(postgres) == [["a", 1, "h1"], ["b", 5, "h5"], ["c", 1, "h1"]]


class TestHold:
    @pytest.mark.parametrize("number", [4, 6])
    def test_a_writer_with_another_fence_is_refused(self, database: Database, postgres: Any, number: int) -> None:
        database.write(fence.claim_one(lease(number=5)))
        with pytest.raises(StaleFence):
            database.write(f"{fence.hold([lease(number=number)])} {INSERT}", job="late")
        assert stored(postgres) == []
        database.write(f"{fence.hold([lease(number=5)])} {INSERT}", job="mine")
        assert stored(postgres) == ["mine"]

    def test_a_fence_that_was_never_claimed_holds_nothing(self, database: Database) -> None:
        with pytest.raises(StaleFence):
            database.write(fence.hold([lease()]))

    def test_one_stale_among_several_refuses_all(self, database: Database, postgres: Any) -> None:
        database.write(fence.claim([lease("a"), lease("b", 2)]))
        with pytest.raises(StaleFence):
            database.write(f"{fence.hold([lease('a'), lease('b', 1)])} {INSERT}", job="x")
        database.write(f"{fence.hold([lease('a'), lease('b', 2), lease('a')])} {INSERT}", job="y")
        assert stored(postgres) == ["y"]

    def test_without_a_lease_nothing_is_asked(self) -> None:
        assert fence.hold([]) == ""

    def test_a_claim_waits_for_a_writer_that_holds_the_fence(
        self, database: Database, other: Database, postgres: Any, aside: Callable[..., Future[Any]]
    ) -> None:
        database.write(fence.claim_one(lease(number=1)))
        with database.transaction(f"{fence.hold([lease(number=1)])} {INSERT}", job="first"):
            claim = aside(other.write, fence.claim_one(lease(number=2)))
            somebody_waits(postgres)
            assert not claim.done()
            assert fences(postgres) == [["job", 1, "h1"]]
        claim.result(timeout=10)
        assert fences(postgres) == [["job", 2, "h2"]]
        with pytest.raises(StaleFence):
            database.write(f"{fence.hold([lease(number=1)])} {INSERT}", job="late")
        assert stored(postgres) == ["first"]

    def test_a_writer_that_waits_for_a_claim_sees_it(
        self, database: Database, other: Database, postgres: Any, aside: Callable[..., Future[Any]]
    ) -> None:
        database.write(fence.claim_one(lease(number=1)))
        with other.transaction(fence.claim_one(lease(number=2))):
            late = aside(database.write, f"{fence.hold([lease(number=1)])} {INSERT}", job="late")
            somebody_waits(postgres)
        with pytest.raises(StaleFence):
            late.result(timeout=10)
        assert stored(postgres) == []

    def test_writers_of_one_holder_do_not_wait_for_each_other(self, database: Database, other: Database) -> None:
        database.write(fence.claim_one(lease()))
        with database.transaction(fence.hold([lease()])):
            other.write(f"SET LOCAL lock_timeout = '50ms'; {fence.hold([lease()])}")

    def test_a_claim_does_not_wait_for_ever(self, database: Database, other: Database) -> None:
        database.write(fence.claim_one(lease()))
        with database.transaction(fence.hold([lease()])), pytest.raises(DatabaseBusy):
            other.write(f"SET LOCAL lock_timeout = '50ms'; {fence.claim_one(lease(number=2))}")

    def test_a_writer_that_was_frozen_inside_its_transaction_is_thrown_out(
        self, database: Database, other: Database, postgres: Any
    ) -> None:
        database.write(fence.claim_one(lease(number=1)))
        impatient = "SET LOCAL idle_in_transaction_session_timeout = '50ms';"

        def thaw_late() -> None:
            other.write(fence.claim_one(lease(number=2)))
            database.write(INSERT, job="thawed")

        opening = f"{fence.hold([lease(number=1)])} {INSERT}; {impatient}"
        with pytest.raises(DatabaseUnavailable), database.transaction(opening, job="frozen"):
            thaw_late()
        assert stored(postgres) == []
        assert fences(postgres) == [["job", 2, "h2"]]


class TestSlots:
    def test_a_slot_is_finished_once(self, database: Database, postgres: Any) -> None:
        first = lease(number=1, slot_ms=SLOT_MS)
        database.write(f"{INSERT}; {fence.finish_slot(first)}", job="first")
        with pytest.raises(SlotAlreadyDone):
            database.write(f"{INSERT}; {fence.finish_slot(replace(first, fence=2))}", job="second")
        assert stored(postgres) == ["first"]
        slots = postgres.run("SELECT job, (extract(epoch FROM slot) * 1000)::bigint, fence FROM job_slots")
        assert slots == [["job", SLOT_MS, 1]]

    def test_of_two_that_finish_at_once_one_does(
        self, database: Database, other: Database, postgres: Any, aside: Callable[..., Future[Any]]
    ) -> None:
        mine, theirs = lease(number=1, slot_ms=SLOT_MS), lease(number=2, slot_ms=SLOT_MS)
        with database.transaction(f"{INSERT}; {fence.finish_slot(mine)}", job="first"):
            second = aside(other.write, f"{INSERT}; {fence.finish_slot(theirs)}", job="second")
            somebody_waits(postgres)
        with pytest.raises(SlotAlreadyDone):
            second.result(timeout=10)
        assert stored(postgres) == ["first"]

    def test_another_slot_or_job_is_another_matter(self, database: Database) -> None:
        for name, slot in (("a", SLOT_MS), ("a", SLOT_MS + 1), ("b", SLOT_MS)):
            database.write(fence.finish_slot(lease(name, slot_ms=slot)))

    def test_a_run_without_a_slot_finishes_none(self) -> None:
        assert fence.finish_slot(lease()) == ""


def test_workers_with_several_leases_in_any_order_never_deadlock(database: Database, other: Database) -> None:
    names = [f"product-check:{number}" for number in range(8)]
    problems: list[Exception] = []

    def work(using: Database, order: list[str]) -> None:
        # The same holder twice, so that nobody is stale and both go on to the end.
        leases = [lease(name) for name in order]
        try:
            for _ in range(40):
                using.write(f"SET LOCAL deadlock_timeout = '10ms'; {fence.claim(leases)}")
                using.write(f"SET LOCAL deadlock_timeout = '10ms'; {fence.hold(leases)}")
        except Exception as error:  # noqa: BLE001  # told below, by the main thread
            problems.append(error)

    threads = [
        threading.Thread(target=work, args=(database, names)),
        threading.Thread(target=work, args=(other, names[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
