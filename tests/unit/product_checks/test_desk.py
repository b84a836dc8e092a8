"""What threads bring to the main thread is served together, and where that fails each alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from nightshift.errors import DatabaseError, DatabaseUnavailable
from product_checks import desk as desk_module
from product_checks.desk import AT_ONCE, Desk, RunStopped


class _Clerk:
    """Answers numbers with their doubles; everybody asks at the same moment."""

    def __init__(
        self, desk: Desk, callers: int, fail: Callable[[Sequence[int]], Exception | None] = lambda _: None
    ) -> None:
        self.seen: list[list[int]] = []
        self.threads: set[str] = set()
        self._desk = desk
        self._all_here = threading.Barrier(callers)
        self._fail = fail

    def double(self, numbers: Sequence[int]) -> list[int]:
        self.threads.add(threading.current_thread().name)
        self.seen.append(list(numbers))
        if error := self._fail(numbers):
            raise error
        return [2 * number for number in numbers]

    def ask(self, number: int) -> int | str:
        """Ask together with all the others; return the answer, or the error's name."""
        self._all_here.wait(20)
        try:
            return self._desk.ask(self.double, number)
        except (DatabaseError, RunStopped, ZeroDivisionError) as error:
            return type(error).__name__

    def ask_all(self, numbers: Sequence[int]) -> list[int | str]:
        return self._desk.run(partial(self.ask, number) for number in numbers)


@pytest.fixture
def desk() -> Desk:
    return Desk((DatabaseUnavailable,))


def test_each_gets_its_own_answer_from_the_main_thread(desk: Desk) -> None:
    clerk = _Clerk(desk, 20)
    assert clerk.ask_all(range(20)) == [2 * number for number in range(20)]
    assert clerk.threads == {threading.current_thread().name}
    assert sorted(number for numbers in clerk.seen for number in numbers) == list(range(20))


def test_what_waits_is_served_together_up_to_a_limit(desk: Desk) -> None:
    callers = 2 * AT_ONCE + 5
    seen: list[int] = []

    def work(questions: Sequence[int]) -> Sequence[int]:
        while not seen and desk._requests.qsize() < callers - len(questions):
            time.sleep(0.001)  # until all the others wait
        seen.append(len(questions))
        return questions

    desk.run(partial(desk.ask, work, number) for number in range(callers))
    assert seen[1] == AT_ONCE
    assert sum(seen) == callers
    assert max(seen) == AT_ONCE


def test_no_more_jobs_run_at_a_time_than_memory_has_room_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "SIDE_BY_SIDE", 2)
    pairs, at_work, most = threading.Barrier(2), set[int](), 0

    def job(number: int) -> None:
        nonlocal most
        at_work.add(number)
        most = max(most, len(at_work))
        pairs.wait(20)
        at_work.discard(number)

    desk.run(partial(job, number) for number in range(20))
    assert most == 2


def test_where_some_cannot_be_served_together_each_is_tried_alone(desk: Desk) -> None:
    clerk = _Clerk(desk, 10, lambda numbers: DatabaseError("no sevens") if 7 in numbers else None)
    assert clerk.ask_all(range(10)) == [number * 2 if number != 7 else "DatabaseError" for number in range(10)]
    assert [7] in clerk.seen


def test_what_ends_the_run_ends_it_for_all(desk: Desk) -> None:
    clerk = _Clerk(desk, 10, lambda _: DatabaseUnavailable("gone"))
    with pytest.raises(DatabaseUnavailable, match="gone"):
        clerk.ask_all(range(10))
    assert len(clerk.seen) == 1, "after it nothing is tried any more"
    assert not desk.is_open


def test_what_may_have_been_written_is_not_tried_again(desk: Desk) -> None:
    clerk = _Clerk(desk, 10, lambda _: ZeroDivisionError())
    assert clerk.ask_all(range(10)) == ["ZeroDivisionError"] * 10
    assert sorted(number for numbers in clerk.seen for number in numbers) == list(range(10))
