"""The short forms of `make chaos` and `make load`: one job, a few faults, a moment of load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.chaos import load
from tests.chaos.faults import named
from tests.chaos.ground import Ground, ground
from tests.chaos.rounds import Account, Rounds, Way

JOB = "cleanup-reservations"
# On a busy machine the successor of a frozen worker may be too slow to claim anything: then nothing is late.
TRIES = 5


@pytest.fixture(scope="module")
def made() -> Iterator[Ground]:
    with ground() as stores:
        yield stores


def wrong(account: Account) -> set[str]:
    return {effect.what for effect in account.effects if not effect.holds}


def test_a_worker_that_is_killed_or_frozen_loses_nothing_and_writes_nothing_late(made: Ground) -> None:
    with closing(Rounds(made, JOB, Way(seed=1, lease_s=2.0))) as rounds:
        rounds.go(named("killed after commit", "frozen before commit"))
        account = rounds.count()

    assert set(account.injected) == {"killed after commit", "frozen before commit"}
    assert account.problems == []
    assert wrong(account) == set()


def test_without_the_fence_the_same_writes_late(made: Ground) -> None:
    with closing(Rounds(made, JOB, Way(seed=1, lease_s=2.0, fence=False))) as rounds:
        for _ in range(TRIES):
            rounds.go(named("frozen before commit"))
            if wrong(account := rounds.count()):
                break

    assert wrong(account) == {"stale writes accepted"}


def test_of_many_who_want_the_same_job_one_gets_it_at_a_time(made: Ground) -> None:
    with load.site(made) as place:
        loaded = load.carry_out(place, rate=200, seconds=1.0, callers=3)

    assert loaded.problems == []
