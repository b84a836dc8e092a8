"""Chances of an average, from the bands of its periods."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.warmup.making import flat_forecast
from warmup.outlooks.averages import Average, average_ahead, days_within, past_average
from warmup.steps import Step, following

SUNDAY = date(2026, 11, 22)


def average(mean: float, sigma: float, count: int = 1, step: Step = Step.MONTHLY) -> Average:
    return average_ahead(flat_forecast(mean, sigma, count), np.ones(count), step)


def test_one_period_has_its_own_bands() -> None:
    assert average(50, 10).lines == pytest.approx([50 - 19.6, 50 - 12.816, 50, 50 + 12.816, 50 + 19.6])


def test_an_average_lies_between_dependent_and_independent_errors() -> None:
    width = average(50, 10, 30).lines[4] - 50
    assert 19.6 / math.sqrt(30) < width < 19.6
    # Half of the variance stays however many periods there are.
    assert width == pytest.approx(19.6 * math.sqrt(0.5 + 0.5 / 30))


@pytest.mark.parametrize(("step", "width"), [(Step.DAILY, 1.1), (Step.WEEKLY, 0.8), (Step.MONTHLY, 1.0)])
def test_widths_are_those_that_were_measured(step: Step, width: float) -> None:
    assert average(50, 10, step=step).lines[4] == pytest.approx(50 + width * 19.6)


def test_lopsided_bands_stay_lopsided() -> None:
    made = flat_forecast(50, 10, 1)
    lines = average_ahead(replace(made, upper95=made.upper95 + 20), np.ones(1), Step.MONTHLY).lines
    assert lines == pytest.approx([50 - 19.6, 50 - 12.816, 50, 50 + 12.816, 50 + 39.6])


def test_no_average_is_expected_below_nothing() -> None:
    assert list(average(5, 10).lines[:2]) == [0, 0]


@pytest.mark.parametrize(
    ("value", "chance"),
    # The last two: half of the way to the 80 % line (t = 0.8189), and half as far again as the 95 % line (t = 4.773).
    [(50 - 19.6, 0.025), (50 - 12.816, 0.1), (50, 0.5), (50 + 12.816, 0.9), (50 + 19.6, 0.975),
     (50 + 6.408, 0.7635), (50 + 19.6 + 6.984, 0.9913)],
)  # fmt: skip
def test_chances_go_by_the_lines_and_between_them_by_a_t_distribution(value: float, chance: float) -> None:
    assert average(50, 10).chance_below(value) == pytest.approx(chance, abs=1e-3)


def test_the_chance_to_come_near() -> None:
    assert average(50, 10).chance_within(12.816) == pytest.approx(0.8, abs=1e-4)
    assert average(50, 10).chance_within(0) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("mean", [0.0, 7.0, 1e12])
def test_a_forecast_without_doubt_keeps_within_nothing(mean: float) -> None:
    assert average(mean, 0).chance_within(0) == pytest.approx(1, abs=1e-4)


def test_which_of_two_is_higher() -> None:
    higher, lower = average(60, 10), average(50, 0)
    assert higher.chance_above(lower) == pytest.approx(1 - higher.chance_below(50), abs=0.005)
    assert lower.chance_above(higher) == pytest.approx(higher.chance_below(50), abs=0.005)
    assert higher.chance_above(higher) == pytest.approx(0.5)


def test_two_certain_and_equal_averages_are_a_tie() -> None:
    assert average(0, 0).chance_above(average(0, 0)) == 0.5


LINES = st.lists(st.floats(0, 1e12), min_size=5, max_size=5).map(sorted).map(np.array)


@given(lines=LINES, value=st.floats(0, 1e12), more=st.floats(0, 1e12))
def test_chances_grow_with_the_value(
    lines: np.ndarray[tuple[int], np.dtype[np.float64]], value: float, more: float
) -> None:
    made = Average(lines)
    assert 0 <= made.chance_below(value) <= made.chance_below(value + more) <= 1


@pytest.mark.parametrize(
    ("last", "step", "days", "within"),
    [
        (SUNDAY, Step.DAILY, 14, [1] * 14),
        (SUNDAY, Step.WEEKLY, 14, [7, 7]),
        (SUNDAY, Step.WEEKLY, 30, [7, 7, 7, 7, 2]),
        (date(2026, 11, 1), Step.MONTHLY, 14, [14]),
        (date(2026, 1, 1), Step.MONTHLY, 30, [28, 2]),
    ],
)
def test_days_within_the_periods_to_come(last: date, step: Step, days: int, within: list[int]) -> None:
    dates = following(last, step, 20)
    found = days_within(dates, step, dates[0], days)
    assert list(found[: len(within)]) == within
    assert found.sum() == days


def test_an_average_of_the_past_needs_all_its_days() -> None:
    dates, values = (SUNDAY, SUNDAY + timedelta(days=7)), np.array([10.0, 40.0])
    assert past_average(dates, values, Step.WEEKLY, SUNDAY, 14) == 25
    assert past_average(dates, values, Step.WEEKLY, SUNDAY + timedelta(days=6), 3) == pytest.approx(30)
    assert past_average(dates, values, Step.WEEKLY, SUNDAY + timedelta(days=6), 9) is None
