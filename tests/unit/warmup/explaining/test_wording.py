"""Numbers, dates and counts are written as English writes them."""

from __future__ import annotations

from datetime import date

import pytest

from warmup.explaining.wording import choose, day, number, opening, periods, times, when
from warmup.steps import Step


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (7, "7"),
        (7.0, "7"),
        (7.25, "7.2"),
        (9.94, "9.9"),
        (9.96, "10"),
        (10.5, "10"),
        (61.5, "62"),
        (1234567.8, "1,234,568"),
        (1e12, "1,000,000,000,000"),
        (0.5, "0.5"),
        (0.099, "0.1"),
        (0.04, "0.04"),
        (0.000012, "1e-05"),
    ],
)
def test_numbers(value: float, written: str) -> None:
    assert number(value) == written


@pytest.mark.parametrize(
    ("step", "dated", "timed"),
    [
        (Step.DAILY, "3 March 2024", "on 3 March 2024"),
        (Step.WEEKLY, "3 March 2024", "in the week of 3 March 2024"),
        (Step.MONTHLY, "March 2024", "in March 2024"),
    ],
)
def test_dates(step: Step, dated: str, timed: str) -> None:
    assert (day(date(2024, 3, 3), step), when(date(2024, 3, 3), step)) == (dated, timed)


def test_counts() -> None:
    assert [periods(count, Step.WEEKLY) for count in (1, 2, 1000)] == ["1 week", "2 weeks", "1,000 weeks"]
    assert [times(count) for count in (1, 2, 3, 1500)] == ["once", "twice", "3 times", "1,500 times"]


def test_only_the_first_letter_of_a_sentence_changes() -> None:
    assert opening("in May iPhones sold.") == "In May iPhones sold."
    assert opening('"iPhone" rose.') == '"iPhone" rose.'


def test_a_choice_is_the_same_every_time_and_another_one_at_the_next_turn() -> None:
    options = ("a", "b", "c")

    assert choose(options, "seed") == choose(options, "seed")
    assert {choose(options, "seed", turn) for turn in range(3)} == set(options)
    assert {choose(options, str(seed)) for seed in range(50)} == set(options)
