"""Rising, falling or steady: the size of the change and the chance of it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.warmup.making import Z80, Z95, series
from warmup.outlooks.averages import Average
from warmup.outlooks.direction import Direction, direction

SCORES = np.array([-Z95, -Z80, 0, Z80, Z95])


def judged(past: list[float], mean: float, sigma: float, days: int = 1) -> Direction:
    return direction(series(past, days), Average(mean + sigma * SCORES))


@pytest.mark.parametrize(
    ("mean", "sigma", "name"),
    [
        (60, 1, "rising"),
        (40, 1, "falling"),
        (50, 1, "steady"),
        # Sure, but too small for anybody to see.
        (52.5, 0.1, "steady"),
        (52.7, 0.1, "rising"),
        (47.6, 0.1, "steady"),
        (47.4, 0.1, "falling"),
        # Large, but nearly as likely not.
        (60, 13.2, "steady"),
        (60, 12.9, "rising"),
        (40, 13.2, "steady"),
        (40, 12.9, "falling"),
    ],
)
def test_a_direction_needs_size_and_chance(mean: float, sigma: float, name: str) -> None:
    assert judged([50.0] * 40, mean, sigma).name == name


def test_only_the_last_thirty_days_count() -> None:
    assert judged([900.0] * 100 + [50.0] * 30, 50, 1).name == "steady"


def test_of_a_short_history_all_counts() -> None:
    assert judged([40.0, 60.0] * 5, 50, 1).before == 50


@pytest.mark.parametrize(("mean", "name"), [(0, "steady"), (1, "rising")])
def test_from_nothing_on(mean: float, name: str) -> None:
    assert judged([0.0] * 40, mean, 0).name == name


@pytest.mark.parametrize(("days", "count"), [(1, 400), (7, 60), (30, 14)])
def test_the_year_before(days: int, count: int) -> None:
    shown = judged([50.0] * count, 60, 1, days)
    assert shown.year_before == "steady"
    assert "A year before, the same days were steady." in shown.rule


@pytest.mark.parametrize(("days", "count"), [(1, 380), (7, 55), (30, 12)])
def test_less_than_a_year_and_a_month_says_nothing_of_the_year_before(days: int, count: int) -> None:
    shown = judged([50.0] * count, 60, 1, days)
    assert shown.year_before is None
    assert "year" not in shown.rule


def test_the_rule_in_words() -> None:
    assert judged([50.0] * 40, 60, 1).rule == (
        "Expected on average over the next 30 days: 60; over the last 30 days it was 50. The chance of a rise is 99%. "
        "Rising or falling means a change of at least 5% with a chance of at least 80%, be it the season's or not."
    )
