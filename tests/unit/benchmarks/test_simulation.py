"""The simulation's clock and stations, against what is known of queues."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

import pytest

from benchmarks.scale.simulation import Bucket, Simulation, Station


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    made = Simulation()
    yield made
    made.end()


def _arrivals(simulation: Simulation, station: Station, rate: float, service_s: float, number: int) -> None:
    """Customers of a Poisson stream who are each served for as long."""
    chance, at = random.Random(7), 0.0  # noqa: S311
    for _ in range(number):
        at += chance.expovariate(rate)
        simulation.spawn(lambda: station.serve(service_s), at=at)


def _closed(simulation: Simulation, station: Station, users: int, think_s: float, service_s: float) -> list[float]:
    """Users who think, are served, and think again; returns when each was served."""
    served_at: list[float] = []

    def live() -> None:
        while True:
            simulation.sleep(think_s)
            station.serve(service_s)
            served_at.append(simulation.now)

    for _ in range(users):
        simulation.spawn(live)
    return served_at


@pytest.mark.parametrize("load", [0.3, 0.6])
def test_one_server_with_even_service_makes_wait_as_long_as_m_d_1(simulation: Simulation, load: float) -> None:
    station = Station(simulation, "server", 1)
    _arrivals(simulation, station, rate=load, service_s=1.0, number=4_000)

    simulation.run(1e9)

    waited_s = sum(station.waits_s) / len(station.waits_s)
    assert waited_s == pytest.approx(load / (2 * (1 - load)), rel=0.15)


def test_utilisation_is_arrivals_times_service(simulation: Simulation) -> None:
    station = Station(simulation, "two servers", 2)
    _arrivals(simulation, station, rate=1.0, service_s=1.2, number=2_000)

    simulation.run(1_500)

    assert station.utilisation == pytest.approx(1.0 * 1.2 / 2, rel=0.05)


def test_who_is_in_the_system_is_arrivals_times_time_in_it(simulation: Simulation) -> None:
    inside, times_s, area, seen_at = 0, [0.0], 0.0, 0.0
    station = Station(simulation, "server", 1)

    def note(change: int) -> None:
        nonlocal inside, area, seen_at
        area += inside * (simulation.now - seen_at)
        inside, seen_at = inside + change, simulation.now

    def visit() -> None:
        came_at = simulation.now
        note(1)
        station.serve(0.7)
        note(-1)
        times_s.append(simulation.now - came_at)

    chance = random.Random(3)  # noqa: S311
    for _ in range(1_000):
        simulation.spawn(visit, at=chance.uniform(0, 1_000))
    simulation.run(1e6)

    # Little's law, over all that came and went.
    assert area == pytest.approx(sum(times_s))


@pytest.mark.parametrize("users", [1, 5, 11, 12, 40])
def test_a_closed_system_keeps_to_its_asymptotes(simulation: Simulation, users: int) -> None:
    station = Station(simulation, "server", 1)
    think_s, service_s = 10.0, 1.0
    served_at = _closed(simulation, station, users, think_s, service_s)

    simulation.run(500)

    rate = len(served_at) / 500
    ideal, most = users / (think_s + service_s), 1 / service_s
    assert rate <= min(ideal, most) * 1.02
    # Nothing varies here, so that nobody waits below the bend (11 users) and the server never rests above it.
    assert rate == pytest.approx(min(ideal, most), rel=0.03)


def test_places_are_given_in_the_order_of_those_who_wait(simulation: Simulation) -> None:
    station, order = Station(simulation, "server", 1), []

    def visit(name: int) -> None:
        station.serve(1.0)
        order.append(name)

    for name in range(5):
        simulation.spawn(lambda name=name: visit(name), at=name / 10)  # type: ignore[misc]
    simulation.run(10)

    assert order == [0, 1, 2, 3, 4]


def test_who_loses_patience_leaves_the_line_and_holds_nothing(simulation: Simulation) -> None:
    station = Station(simulation, "server", 1)
    granted: list[tuple[str, bool, float]] = []

    def visit(name: str, patience_s: float) -> None:
        is_granted = station.take(patience_s)
        granted.append((name, is_granted, simulation.now))
        if is_granted:
            simulation.sleep(3.0)
            station.give()

    for at, name, patience_s in ((0, "first", 9), (1, "hasty", 1), (1, "late", 9), (1.5, "never", 0)):
        simulation.spawn(lambda name=name, patience_s=patience_s: visit(name, patience_s), at=at)  # type: ignore[misc]
    simulation.run(20)

    assert granted == [("first", True, 0), ("never", False, 1.5), ("hasty", False, 2), ("late", True, 3)]
    assert (station.given_up, station.waits_s) == (2, [0, 0, 1, 2])
    assert station.utilisation == pytest.approx(6 / 20)


def test_what_was_counted_before_a_reset_is_forgotten(simulation: Simulation) -> None:
    station = Station(simulation, "server", 1)
    simulation.spawn(lambda: station.serve(6.0))
    simulation.run(4)
    station.reset()

    simulation.run(8)

    assert station.utilisation == pytest.approx(2 / 4)


def test_a_process_computes_only_what_it_computes_itself(simulation: Simulation) -> None:
    computed_s: dict[str, float] = {}

    def live(name: str, number: int) -> None:
        sum(range(number))
        simulation.sleep(1.0)  # what was computed before is not forgotten
        computed_s[name] = simulation.computed_s()

    simulation.spawn(lambda: live("much", 1_000_000))
    simulation.spawn(lambda: live("little", 1))
    simulation.run(5)

    assert computed_s["much"] > 10 * computed_s["little"]


def test_what_happens_happens_in_time(simulation: Simulation) -> None:
    seen: list[float] = []
    for after_s in (3.0, 1.0, 2.0):
        simulation.call(after_s, lambda: seen.append(simulation.now))
    simulation.call(1.5, lambda: seen.append(-1)).cancel()

    simulation.run(2.5)

    assert (seen, simulation.now) == ([1.0, 2.0], 2.5)


def test_processes_that_are_broken_off_end_where_they_stand(simulation: Simulation) -> None:
    ended: list[str] = []

    def live() -> None:
        try:
            simulation.sleep(10)
        finally:
            ended.append("cleared up")
            simulation.sleep(10)  # nobody waits for it any more

    simulation.spawn(live)
    simulation.run(1)
    simulation.end()

    assert ended == ["cleared up"]


def test_only_a_process_can_wait(simulation: Simulation) -> None:
    with pytest.raises(RuntimeError, match="spawn"):
        simulation.sleep(1)


def test_a_bucket_lets_its_rate_through(simulation: Simulation) -> None:
    bucket, taken_at = Bucket(simulation, 10), []

    def live() -> None:
        while True:
            if bucket.takes():
                taken_at.append(simulation.now)
            simulation.sleep(0.01)

    simulation.spawn(live)
    simulation.run(10.005)

    # A second's worth may come at once.
    assert len(taken_at) == pytest.approx(10 + 10 * 10, abs=2)
    steady = [at for at in taken_at if at > 5]
    assert all(later - earlier == pytest.approx(0.1, abs=0.011) for earlier, later in pairwise(steady))
