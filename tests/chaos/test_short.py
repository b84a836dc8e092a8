"""The short forms of `make chaos` and `make load`: one job, a few faults, a moment of load."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos import load
from tests.chaos.faults import named
from tests.chaos.ground import Ground, ground
from tests.chaos.rounds import Account, Rounds, Way

JOB = "product-checks"


@pytest.fixture(scope="module")
def made() -> Iterator[Ground]:
    with ground() as stores:
        yield stores


def suffer(made: Ground, way: Way, *faults: str) -> Account:
    rounds = Rounds(made, JOB, way)
    try:
        rounds.go(named(*faults))
        return rounds.count()
    finally:
        rounds.close()


def wrong(account: Account) -> list[str]:
    return [effect.what for effect in account.effects if not effect.holds]


def test_a_worker_that_is_killed_or_frozen_loses_nothing_and_sets_nothing_back(made: Ground) -> None:
    account = suffer(made, Way(seed=1, lease_s=2.0), "killed after commit", "frozen before commit")

    assert not account.missed
    assert account.problems == []
    assert wrong(account) == []


def test_without_the_fence_the_same_sets_prices_back(made: Ground) -> None:
    account = suffer(made, Way(seed=1, lease_s=2.0, fence=False), "frozen before commit")

    assert not account.missed
    assert "stale writes accepted" in wrong(account)
    assert "prices as on their pages" in wrong(account)


def test_of_many_who_want_the_same_job_one_gets_it_at_a_time(made: Ground) -> None:
    with load.site(made) as place:
        loaded = load.carry_out(place, rate=200, seconds=1.5)

    assert loaded.problems == []
