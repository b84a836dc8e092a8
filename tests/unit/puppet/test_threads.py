"""Threads for tasks: one for each that waits, none for what others have done by then."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from puppet.executing import Done
from puppet.results import Ending
from puppet.store import ClaimedJob
from puppet.threads import Task, Threads

_DONE = Done("done")


def _task() -> Task:
    job = ClaimedJob(
        id=uuid4(), user_id="ada", job_type="work", payload={}, attempt=1, max_retries=3, token=uuid4(),
        batch_id=uuid4(), scheduled_at=datetime.now(UTC), waited_ms=0,
    )  # fmt: skip
    return Task(job)


class _Scene:
    """Threads that are closed at the end, and how many were started."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started = 0
        self.may_be_started = 10_000
        self.before_third: threading.Event | None = None
        self._start = threading.Thread.start
        self._made = ExitStack()

        def start(thread: threading.Thread) -> None:
            self._count(thread)

        monkeypatch.setattr(threading.Thread, "start", start)

    def threads(self, carry_out: Callable[[], object]) -> Threads:
        def once(_job: ClaimedJob) -> Ending:
            carry_out()
            return _DONE

        threads = Threads(once)
        self._made.callback(threads.close)
        return threads

    def close(self) -> None:
        self._made.close()

    def _count(self, thread: threading.Thread) -> None:
        if self.started >= self.may_be_started:
            raise RuntimeError("can't start new thread")
        self.started += 1
        if self.before_third and self.started == 3:
            self.before_third.wait(10)
        self._start(thread)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Scene]:
    scene = _Scene(monkeypatch)
    yield scene
    scene.close()


def _collect(threads: Threads, many: int) -> list[Task]:
    ended: list[Task] = []
    while len(ended) < many:
        some = threads.collect(10)
        assert some, f"{len(ended)} of {many} tasks have ended, and no other does"
        ended += some
    return ended


def test_tasks_that_wait_for_each_other_are_all_at_work_at_once(scene: _Scene) -> None:
    together = threading.Barrier(40)
    threads = scene.threads(lambda: together.wait(10))
    threads.submit([_task() for _ in range(40)], 40)

    assert all(task.ending is _DONE for task in _collect(threads, 40))
    assert scene.started == 40


def test_tasks_that_come_later_find_threads_as_well(scene: _Scene) -> None:
    together = threading.Barrier(20)
    threads = scene.threads(lambda: together.wait(10))
    for already in range(20):
        threads.submit([_task()], already + 1)

    assert len(_collect(threads, 20)) == 20


def test_no_thread_is_started_for_what_others_have_done_by_then(scene: _Scene) -> None:
    done, all_done = itertools.count(1), threading.Event()

    def count() -> None:
        if next(done) == 500:
            all_done.set()

    # The second thread is slow to start the third; meanwhile the first does everything.
    scene.before_third = all_done
    threads = scene.threads(count)
    threads.submit([_task() for _ in range(500)], 500)

    assert len(_collect(threads, 500)) == 500
    assert scene.started <= 3


def test_where_no_more_threads_can_be_had_those_there_are_do_the_work(scene: _Scene) -> None:
    scene.may_be_started = 1
    threads = scene.threads(lambda: None)
    threads.submit([_task() for _ in range(10)], 10)

    assert len(_collect(threads, 10)) == 10


def test_without_a_single_thread_it_is_said(scene: _Scene) -> None:
    scene.may_be_started = 0
    with pytest.raises(RuntimeError, match="can't start"):
        scene.threads(lambda: None).submit([_task()], 1)


def test_whoever_takes_the_place_of_a_hanging_thread_finds_what_waits(scene: _Scene) -> None:
    released, hangs, first = threading.Event(), threading.Event(), threading.Semaphore(1)

    def hang_once() -> None:
        if first.acquire(blocking=False):
            hangs.set()
            released.wait(10)

    threads = scene.threads(hang_once)
    threads.submit([_task()], 1)
    assert hangs.wait(10)
    # As many at work as there are threads, and yet one waits.
    threads.submit([_task()], 1)
    threads.abandon()

    assert len(_collect(threads, 1)) == 1
    released.set()
    assert len(_collect(threads, 1)) == 1


def test_nothing_is_started_once_it_is_closed(scene: _Scene) -> None:
    released, begun = threading.Event(), threading.Semaphore(0)

    def hang() -> None:
        begun.release()
        released.wait(10)

    threads = scene.threads(hang)
    threads.submit([_task(), _task()], 2)
    for _ in range(2):
        assert begun.acquire(timeout=10)
    # Both are busy, so that the word to end still waits for them.
    threads.close()
    threads.abandon()

    assert scene.started == 2
    released.set()
