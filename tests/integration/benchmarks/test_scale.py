"""Processors and senders on a clock that is counted, over a real PostgreSQL: they decide as they always do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast
from uuid import uuid4

import pytest

from benchmarks.scale.costs import FILL
from benchmarks.scale.database import Client, Costs, Server, Surroundings, Tables
from benchmarks.scale.locks import Callers, Table
from benchmarks.scale.mails import FILL as NEWS
from benchmarks.scale.mails import Senders, Ses
from benchmarks.scale.processors import Processors, Work
from benchmarks.scale.simulation import Simulation
from nightshift.connecting import Address
from nightshift.database import Database
from puppet import store
from puppet.store import Claim, Limits


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    made = Simulation()
    yield made
    made.end()


@pytest.fixture
def real(postgres_url: str) -> Iterator[Database]:
    address = Address.from_url(postgres_url)
    with closing(Database(lambda **_: address)) as database:
        yield database


def _tables(simulation: Simulation, real: Database, surroundings: Surroundings | None = None) -> Tables:
    return Tables(Server(simulation, surroundings or Surroundings()), real, Costs())


def _processors(tables: Tables, number: int, work: Work) -> Processors:
    processors = Processors(tables.server.simulation, tables, work, random.Random(1))  # noqa: S311
    for each in range(number):
        processors.begin(f"p{each}", at=0.0)
    return processors


def test_every_job_is_done_once_and_no_sooner_than_the_limit_lets(
    simulation: Simulation, real: Database, postgres: Any
) -> None:
    postgres.run(FILL, jobs=60, users=60)
    tables = _tables(simulation, real)
    _processors(tables, 3, Work(5.0, batch_size=4, in_flight=6, again_s=None, varies=False))

    simulation.run(600, stop=lambda: tables.written >= 60)

    assert postgres.run("SELECT status, count(*) FROM puppet_jobs GROUP BY 1") == [["completed", 60]]
    assert postgres.run("SELECT count(*), count(DISTINCT job_id) FROM puppet_job_execution_logs") == [[60, 60]]
    # Six at once: ten rounds of five seconds, and what claims wait for in between.
    assert 50 <= simulation.now < 70


def test_workers_that_call_back_are_waited_for(simulation: Simulation, real: Database, postgres: Any) -> None:
    postgres.run(FILL, jobs=30, users=30)
    tables = _tables(simulation, real)
    _processors(tables, 1, Work(5.0, batch_size=10, in_flight=10, hands_over_s=0.02, again_s=1.0, varies=False))

    simulation.run(600, stop=lambda: tables.written >= 2 * 30)

    assert postgres.run("SELECT status, count(*) FROM puppet_jobs GROUP BY 1") == [["completed", 30]]
    assert simulation.now >= 15


def test_claimers_come_one_by_one_and_give_up_after_a_second(
    simulation: Simulation, real: Database, postgres: Any
) -> None:
    postgres.run(FILL, jobs=10, users=10)
    tables = _tables(simulation, real, Surroundings(commit_s=0.8))
    claims: list[tuple[float, Claim]] = []

    def claim() -> None:
        made = store.claim(cast("Database", Client(tables)), "p", uuid4(), Limits(2, 10, 2, 300))
        claims.append((simulation.now, made))

    for _ in range(3):
        simulation.spawn(claim)
    simulation.run(10)

    assert [made.reason for _, made in claims] == ["claimed", "busy", "claimed"]
    assert [at for at, _ in claims] == pytest.approx([0.8, 1.0, 1.6], abs=0.2)
    assert len({job.id for _, made in claims for job in made}) == 4


def test_whoever_finds_no_connection_left_fails(simulation: Simulation, real: Database, postgres: Any) -> None:
    postgres.run(FILL, jobs=10, users=10)
    tables = _tables(simulation, real, Surroundings(connections=2))

    processors = _processors(tables, 5, Work(1.0, batch_size=2, in_flight=10, again_s=None))
    simulation.run(0.5)

    assert (processors.failed, tables.server.connections.most) == (3, 2)


def test_a_proxy_lets_everybody_wait_for_a_connection(simulation: Simulation, real: Database, postgres: Any) -> None:
    postgres.run(FILL, jobs=10, users=10)
    tables = _tables(simulation, real, Surroundings(connections=2, pool=2, commit_s=0.01))

    processors = _processors(tables, 5, Work(1.0, batch_size=2, in_flight=10, again_s=None))
    simulation.run(60, stop=lambda: tables.written >= 10)

    assert (processors.failed, tables.server.connections.most, tables.written) == (0, 2, 10)


@pytest.mark.parametrize("has_own_lock", [False, True])
def test_senders_keep_their_pace_and_their_lock(
    simulation: Simulation, real: Database, postgres: Any, *, has_own_lock: bool
) -> None:
    for statement in NEWS.format(people=250).split(";"):
        postgres.run(statement)
    tables = _tables(simulation, real)
    locks = Callers(simulation, Table(), random.Random(1), name_of=str).locks  # noqa: S311
    ses = Ses(per_second=5)

    def lock_of(number: int) -> str:
        return f"deliver {number if has_own_lock else 0}"

    senders = Senders(
        tables,
        locks,
        ses,
        random.Random(1),  # noqa: S311
        per_second=4,
        lock_of=lock_of,
    )
    for number in range(2):
        senders.begin(number)
    simulation.run(2)
    refused = senders.refused
    senders.reset()

    simulation.run(7)

    if has_own_lock:
        # Two who send four a second each, where five are taken.
        assert (refused, senders.throttled > 0) == (0, True)
        assert 15 <= senders.sent <= 30
    else:
        assert (refused, senders.throttled) == (1, 0)
        assert senders.sent == pytest.approx(4 * 5, abs=2)
