"""Batches grow while they are quick and shrink when they are slow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservations import pace


@pytest.mark.parametrize(
    ("size", "took_s", "following"),
    [
        (1000, 0.01, 2000),
        (1000, 0.2, 1000),
        (1000, 0.9, 500),
        (pace.MOST, 0.01, pace.MOST),
        (pace.LEAST, 60.0, pace.LEAST),
        (1500, 0.05, pace.MOST),
        (150, 0.5, pace.LEAST),
    ],
)
def test_the_next_batch(size: int, took_s: float, following: int) -> None:
    assert pace.next_size(size, took_s) == following


@given(per_hold_s=st.floats(0, 0.003), size=st.integers(pace.LEAST, pace.MOST))
def test_at_a_steady_speed_batches_come_to_stay_short(per_hold_s: float, size: int) -> None:
    for _ in range(6):
        size = pace.next_size(size, size * per_hold_s)
    for _ in range(4):
        assert size * per_hold_s <= pace.SLOW_S
        size = pace.next_size(size, size * per_hold_s)
