"""Eight processes want one lock at the same moment, round after round, also where a fifth of all answers gets lost.

The long form is `make lock-proof`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.aws import AwsServices
from tests.integration.library.lossy_door import Loss, LossyDoor
from tests.lock import emulators, races
from tests.lock.races import RACERS, Course, Racers


@pytest.fixture(scope="module")
def racers() -> Iterator[Racers]:
    with races.racers() as started:
        yield started


@pytest.fixture
def table(aws_server: AwsServices) -> Any:
    return emulators.table_at(aws_server.endpoint)


@pytest.fixture(scope="module")
def one_door(aws_server: AwsServices) -> Iterator[LossyDoor]:
    door = LossyDoor(aws_server.endpoint)
    door.start()
    yield door
    door.stop()


@pytest.fixture
def door(one_door: LossyDoor) -> LossyDoor:
    one_door.losses, one_door.share, one_door.lost = [], 0.0, 0
    return one_door


def test_one_process_wins_each_round_and_the_fence_only_rises(
    racers: Racers, table: Any, aws_server: AwsServices
) -> None:
    course = Course(racers, table, aws_server.endpoint)
    assert course.run(8) == []
    assert (course.fence, course.unavailable) == (8, 0)
    # The last even slot was done: nobody gets it, or one before it, again.
    assert [answer["refused"] for answer in course.acquire(7)] == ["slot_done"] * RACERS


def test_nobody_is_refused_because_of_itself_and_nothing_stays_locked_where_answers_get_lost(
    racers: Racers, table: Any, door: LossyDoor
) -> None:
    door.share = 0.2
    course = Course(racers, table, door.endpoint)
    assert course.run(5) == []
    assert door.lost > 0


@pytest.mark.parametrize(
    ("mutant", "losses", "fault"),
    [
        ("TAKEN_WITHOUT_ASKING", [], f"{RACERS} winners"),
        ("LOST_ANSWER_TAKEN_FOR_A_REFUSAL", ["answer"] * RACERS, "0 winners"),
        ("NOTHING_GIVEN_BACK", ["answer"] * 1000, "the lock is held by nobody who knows of it"),
    ],
)
def test_a_mistake_is_seen_in_one_round(
    racers: Racers, table: Any, door: LossyDoor, mutant: str, losses: list[Loss | None], fault: str
) -> None:
    door.losses = [*losses]
    assert f"round 1: {fault}" in Course(racers, table, door.endpoint, mutant).run(1)
    door.losses = [*losses]
    assert Course(racers, table, door.endpoint).run(1) == []
