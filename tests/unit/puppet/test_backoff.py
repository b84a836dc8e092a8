"""Waits grow up to a bound, are spread over all of it, and are never shorter than a worker asks for."""

from __future__ import annotations

import pytest

from puppet.backoff import BASE_S, CAP_S, LONGEST_RETRY_AFTER_S, delay_s


def _longest(_low: float, high: float) -> float:
    return high


def _shortest(low: float, _high: float) -> float:
    return low


def test_the_bound_doubles_up_to_an_hour() -> None:
    assert [delay_s(attempt, draw=_longest) for attempt in range(1, 10)] == [
        30, 60, 120, 240, 480, 960, 1920, 3600, 3600,
    ]  # fmt: skip
    assert delay_s(32_000, draw=_longest) == CAP_S


def test_the_jitter_is_full() -> None:
    assert delay_s(5, draw=_shortest) == 0
    drawn = [delay_s(1) for _ in range(2000)]
    assert 0 <= min(drawn) < BASE_S * 0.05
    assert BASE_S * 0.95 < max(drawn) <= BASE_S
    assert sum(drawn) / len(drawn) == pytest.approx(BASE_S / 2, rel=0.1)


@pytest.mark.parametrize(("asked", "least"), [(0, 0), (45, 45), (7200, 7200), (1e9, LONGEST_RETRY_AFTER_S), (-3, 0)])
def test_a_worker_is_not_asked_before_it_wants_to_be(asked: float, least: float) -> None:
    assert delay_s(1, asked, draw=_shortest) == least
    assert delay_s(1, asked, draw=_longest) == pytest.approx(least + max(1.0, least / 10))
