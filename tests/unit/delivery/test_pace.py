"""The rate, on a clock that the test moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nightshift.delivery.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def sends(per_second: float, durations: list[float]) -> list[float]:
    """When sends are made that take so long each."""
    clock, times = Clock(), []
    pace = Pace(per_second, monotonic=lambda: clock.now, sleep=clock.sleep)
    for duration in durations:
        pace.wait()
        pace.spend()
        times.append(clock.now)
        clock.now += duration
    return times


@given(st.integers(1, 100), st.lists(st.floats(0, 3), min_size=2, max_size=60))
def test_no_second_sees_more_than_the_rate(per_second: int, durations: list[float]) -> None:
    times = sends(per_second, durations)

    for start in times:
        assert sum(start <= time < start + 1 - 1e-9 for time in times) <= per_second


def test_a_slow_start_leads_to_no_burst() -> None:
    assert sends(2, [10, 0, 0, 0]) == [100.0, 110.0, 110.5, 111.0]


def test_a_mail_that_was_not_sent_costs_nothing() -> None:
    clock = Clock()
    pace = Pace(1, monotonic=lambda: clock.now, sleep=clock.sleep)
    for _ in range(50):
        pace.wait()

    assert clock.now == 100.0
