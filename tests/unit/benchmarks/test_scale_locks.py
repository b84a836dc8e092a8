"""Callers who want locks, over a table that takes only so much."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.scale.locks import Callers, Table, Tally
from benchmarks.scale.simulation import Simulation


def _asked(callers: int, table: Table, name_of: Callable[[int], str], holds_s: float = 0.05) -> Tally:
    simulation = Simulation()
    those = Callers(simulation, table, random.Random(1), name_of=name_of, holds_s=holds_s)  # noqa: S311
    for number in range(callers):
        those.begin(number)
    simulation.run(10)
    simulation.end()
    return those.tally


def test_a_lock_has_one_holder_at_a_time() -> None:
    tally = _asked(30, Table(), lambda _: "job", holds_s=1.0)

    # Ten seconds have room for nine or ten rounds of a second, whoever asks meanwhile.
    assert 8 <= tally.rounds <= 10
    assert tally.refused > 200
    assert (tally.unavailable, tally.throttled) == (0, 0)


def test_locks_with_names_of_their_own_hinder_nobody() -> None:
    tally = _asked(30, Table(), lambda number: f"item:{number}")

    assert tally.refused == tally.throttled == 0
    assert tally.rounds > 250


def test_an_item_takes_no_more_than_its_partition_does() -> None:
    table = Table(writes_per_second=10)
    tally = _asked(60, table, lambda _: "job")

    assert tally.throttled > 0
    assert tally.unavailable > 0
    # A second's worth besides, which was saved up in the beginning.
    assert tally.requests["job"] - tally.throttled <= 10 * 10 + 10


def test_an_answer_takes_its_way_there_and_back() -> None:
    tally = _asked(1, Table(answer_s=(0.2, 0.2)), lambda _: "job")

    assert all(abs(answer_s - 0.2) < 1e-9 for answer_s in tally.answers_s)
