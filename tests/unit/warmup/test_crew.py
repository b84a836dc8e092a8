"""Threads do an item at a time each, the main thread decides about every one, and an error waits for who is at work."""

from __future__ import annotations

import threading

import pytest

from warmup import crew


def _nothing(_result: object) -> None:
    return


def test_every_item_is_done_once_and_no_more_at_a_time_than_asked_for() -> None:
    at_work, most, guard = 0, 0, threading.Lock()
    together = threading.Barrier(3)

    def do(item: int) -> int:
        nonlocal at_work, most
        with guard:
            at_work += 1
            most = max(most, at_work)
        if item < 3:
            together.wait(10)
        with guard:
            at_work -= 1
        return item

    done: list[int] = []
    left = crew.work(range(20), do, threads=3, may_begin=lambda _: True, ended=done.append)

    assert (sorted(done), left, most) == (list(range(20)), [], 3)


def test_results_and_questions_come_to_the_calling_thread() -> None:
    threads: set[str] = set()

    def note(_: object) -> None:
        threads.add(threading.current_thread().name)

    def may_begin(item: int) -> bool:
        note(item)
        return True

    crew.work(range(5), lambda item: item, threads=2, may_begin=may_begin, ended=note)

    assert threads == {threading.current_thread().name}


def test_what_may_not_begin_is_left_in_its_order() -> None:
    done: list[int] = []
    left = crew.work(range(6), lambda item: item, threads=1, may_begin=lambda item: item < 2, ended=done.append)

    assert (done, left) == ([0, 1], [2, 3, 4, 5])


def test_an_error_is_raised_once_what_was_begun_has_ended() -> None:
    begun, fails, may_end = threading.Event(), threading.Event(), threading.Event()
    ended: list[int] = []

    def do(item: int) -> int:
        if item == 0:
            assert begun.wait(10)
            fails.set()
            raise RuntimeError("the cache is gone")
        begun.set()
        assert fails.wait(10)
        assert may_end.wait(10)
        ended.append(item)
        return item

    threading.Timer(0.05, may_end.set).start()
    with pytest.raises(RuntimeError, match="gone"):
        crew.work(range(5), do, threads=2, may_begin=lambda _: True, ended=_nothing)

    assert ended == [1]


def test_an_error_between_two_items_ends_the_work() -> None:
    def stop(_result: object) -> None:
        raise RuntimeError("the lease is lost")

    begun: list[int] = []
    with pytest.raises(RuntimeError, match="lease"):
        crew.work(range(5), begun.append, threads=1, may_begin=lambda _: True, ended=stop)

    assert begun == [0]
