"""Turns at hosts: one at a time, at a distance, and none while a host rests."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from nightshift.outbound import Deadline
from product_checks.errors import HostBusy, RateLimited
from product_checks.hosts import HostTurns, by_host


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turns(clock: Clock) -> HostTurns:
    return HostTurns(clock, clock.sleep)


def test_pages_are_grouped_by_host_the_largest_group_first() -> None:
    urls = [
        "https://a.example/1",
        "not an address",
        "https://b.example/1",
        "https://B.example./2",
        "http://b.example:8080/3",
        "neither",
    ]

    assert by_host(urls, lambda url: url) == [
        ["https://b.example/1", "https://B.example./2", "http://b.example:8080/3"],
        ["https://a.example/1"],
        ["not an address"],
        ["neither"],
    ]


def test_only_one_holds_the_turn_at_a_host() -> None:
    turns, inside, most = HostTurns(), [0], [0]

    def visit(_: int) -> None:
        with turns.turn("a.example", Deadline(30)):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            threading.Event().wait(0.001)
            inside[0] -= 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(visit, range(40)))

    assert (most, inside) == ([1], [0])


def test_hosts_do_not_wait_for_each_other(turns: HostTurns) -> None:
    with turns.turn("a.example", Deadline(1)), turns.turn("b.example", Deadline(0)):
        pass


def test_who_waits_too_long_gives_up(turns: HostTurns) -> None:
    with turns.turn("a.example", Deadline(1)), pytest.raises(HostBusy), turns.turn("a.example", Deadline(0.01)):
        pass

    with turns.turn("a.example", Deadline(0)):
        pass  # giving up has not taken the turn


def test_the_gap_is_kept_from_the_end_of_the_last_turn(turns: HostTurns, clock: Clock) -> None:
    with turns.turn("a.example", Deadline(60), 5.0):
        clock.now += 100
    clock.now += 2
    with turns.turn("a.example", Deadline(60), 5.0):
        pass
    clock.now += 7
    with turns.turn("a.example", Deadline(60), 5.0):
        pass

    assert clock.slept == [3.0]


def test_a_gap_that_is_longer_than_the_patience_is_not_waited_for(turns: HostTurns, clock: Clock) -> None:
    with turns.turn("a.example", Deadline(5)):
        pass

    with pytest.raises(HostBusy, match="10 s"), turns.turn("a.example", Deadline(5), 10.0):
        pass
    assert clock.slept == []


def test_a_resting_host_is_left_alone_until_it_is_over(turns: HostTurns, clock: Clock) -> None:
    turns.rest("a.example", 90)
    turns.rest("a.example", 30)  # the longer wish holds

    clock.now += 60
    with pytest.raises(RateLimited) as limited, turns.turn("a.example", Deadline(5)):
        pass
    assert limited.value.retry_after_s == 30
    with turns.turn("b.example", Deadline(5)):
        pass

    clock.now += 30
    with turns.turn("a.example", Deadline(5)):
        pass


def test_a_turn_ends_with_an_error_too(turns: HostTurns) -> None:
    with pytest.raises(ZeroDivisionError), turns.turn("a.example", Deadline(5)):
        raise ZeroDivisionError

    with turns.turn("a.example", Deadline(0)):
        pass
