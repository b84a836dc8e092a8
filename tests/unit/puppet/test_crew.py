"""Jobs at work: each is collected once, whether its thread answers, hangs, or answers after it was given up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from puppet.crew import Crew
from puppet.executing import Answer, Done, JobType
from puppet.failures import ErrorType, Failure
from puppet.results import Duplicate
from puppet.store import ClaimedJob


def _job(job_type: str = "work") -> ClaimedJob:
    return ClaimedJob(
        id=uuid4(), user_id="ada", job_type=job_type, payload={}, attempt=1, max_retries=3, token=uuid4(),
        batch_id=uuid4(), scheduled_at=datetime.now(UTC), waited_ms=0,
    )  # fmt: skip


class _Log:
    """Takes lines as Powertools' logger does."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def warning(self, line: str, **_facts: object) -> None:
        self.lines.append(line)

    exception = warning


class _Scene:
    def __init__(self) -> None:
        self.log = _Log()
        self.now = 0.0
        self.released = threading.Event()
        self.gone = threading.Event()
        self.both = threading.Barrier(2)
        self.crew = Crew(
            {
                "work": JobType(lambda *_: Done(1)),
                "hang": JobType(self._hang, timeout_s=10.0),
                "meet": JobType(self._meet),
            },
            120.0,
            self.log,
            monotonic=lambda: self.now,
        )

    def _meet(self, _job: ClaimedJob, _timeout_s: float) -> Answer:
        self.both.wait(5)  # two at once, or neither
        return Done("met")

    def _hang(self, _job: ClaimedJob, _timeout_s: float) -> Answer:
        self.released.wait(30)
        self.gone.set()
        return Done("late")


@pytest.fixture
def scene() -> Iterator[_Scene]:
    opened = _Scene()
    yield opened
    opened.released.set()
    opened.crew.close()


def test_what_ends_is_collected_with_what_came_of_it(scene: _Scene) -> None:
    job = _job()
    scene.crew.begin([job], {})
    (task,) = scene.crew.collect(5)

    assert (task.job, task.ending) == (job, Done(1))
    scene.crew.settle(task)
    assert scene.crew.at_work == {}


def test_what_has_ended_before_it_began_needs_no_thread(scene: _Scene) -> None:
    job, other = _job("hang"), _job()
    scene.crew.begin([job, other], {job.id: Duplicate("rowan")})
    tasks = {task.job.id: task.ending for task in scene.crew.collect(5)}

    assert tasks[job.id] == Duplicate("rowan")


def test_a_hanging_thread_is_given_up_once_and_heard_no_more(scene: _Scene) -> None:
    scene.crew.begin([_job("hang")], {})
    while not [task for task in scene.crew.at_work.values() if task.begun_at is not None]:
        threading.Event().wait(0.001)
    scene.now = 10.5
    assert scene.crew.collect(0) == []
    scene.now = 11.5
    (task,) = scene.crew.collect(0)
    assert isinstance(task.ending, Failure)
    assert task.ending.type is ErrorType.TIMEOUT

    scene.crew.put_back([task])  # it could not be written yet
    scene.now = 20.0
    scene.released.set()
    assert scene.gone.wait(5)
    collected = [each for _ in range(50) for each in scene.crew.collect(0.01)]
    assert collected == [task]
    assert "Late answer dropped" in scene.log.lines
    scene.crew.settle(task)
    assert scene.crew.at_work == {}


def test_another_thread_takes_the_place_of_one_that_hangs(scene: _Scene) -> None:
    scene.crew.begin([_job("hang")], {})
    while not [task for task in scene.crew.at_work.values() if task.begun_at is not None]:
        threading.Event().wait(0.001)
    scene.now = 11.5
    (given_up,) = scene.crew.collect(0)
    scene.crew.settle(given_up)

    scene.crew.begin([_job("meet"), _job("meet")], {})
    met = [task.ending for _ in range(2) for task in scene.crew.collect(5)]
    assert met == [Done("met"), Done("met")]


def test_the_longest_time_out_is_that_of_the_slowest_type(scene: _Scene) -> None:
    assert scene.crew.longest_s == 120.0
    assert scene.crew.timeout_s(_job("hang")) == 10.0
    assert scene.crew.timeout_s(_job("nobody's")) == 120.0
