"""A season is said only where the same month or weekday was the busiest again and again."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from warmup.explaining.seasons import Season, find_season
from warmup.steps import Step, first_day, period

START = date(2020, 1, 5)


def dates(count: int, step: Step) -> list[date]:
    first = period(START, step, START.weekday())
    return [first_day(first + number, step, START.weekday()) for number in range(count)]


def season(count: int, step: Step, value: Callable[[date, int], float]) -> Season | None:
    moments = dates(count, step)
    return find_season(moments, [value(moment, place) for place, moment in enumerate(moments)], step)


@pytest.mark.parametrize(("step", "count", "years"), [(Step.MONTHLY, 60, 5), (Step.WEEKLY, 261, 5)])
def test_a_busy_month_is_counted_in_whole_years(step: Step, count: int, years: int) -> None:
    found = season(count, step, lambda moment, _: 90 if moment.month == 7 else 40)

    assert found == Season(part=7, times=years, cycles=years, weekly=False)
    assert found.name == "July"
    assert found.holds(date(2026, 7, 30))
    assert not found.holds(date(2026, 8, 1))


def test_a_busy_weekday_is_counted_in_whole_weeks() -> None:
    found = season(65, Step.DAILY, lambda moment, _: 30 if moment.weekday() == 5 else 20)

    assert found == Season(part=5, times=9, cycles=9, weekly=True)
    assert found.name == "Saturday"
    assert found.holds(date(2026, 11, 21))


def test_a_year_without_it_is_counted_too() -> None:
    found = season(60, Step.MONTHLY, lambda moment, _: 90 if moment.month == (3 if moment.year == 2022 else 7) else 40)

    assert found == Season(part=7, times=4, cycles=5, weekly=False)


def test_the_busiest_month_of_half_the_years_is_no_season() -> None:
    busy = {2020: 7, 2021: 3, 2022: 7, 2023: 5, 2024: 7, 2025: 9}

    assert season(72, Step.MONTHLY, lambda moment, _: 90 if moment.month == busy[moment.year] else 40) is None


@pytest.mark.parametrize("years", [1, 2])
def test_two_years_tell_of_no_season(years: int) -> None:
    assert season(12 * years, Step.MONTHLY, lambda moment, _: 90 if moment.month == 7 else 40) is None


def test_growth_is_no_season() -> None:
    assert season(60, Step.MONTHLY, lambda _, place: 10 + 3.0 * place) is None
    assert season(60, Step.MONTHLY, lambda _, place: 10 * 1.05**place) is None


def test_a_season_shows_through_growth() -> None:
    found = season(72, Step.MONTHLY, lambda moment, place: (10 + place) * (3 if moment.month == 12 else 1))

    assert found is not None
    assert (found.part, found.times) == (12, 6)


def test_what_hardly_stands_out_is_no_season() -> None:
    assert season(60, Step.MONTHLY, lambda moment, _: 42 if moment.month == 7 else 40) is None


def test_constant_series_have_none() -> None:
    assert season(60, Step.MONTHLY, lambda *_: 7) is None
    assert season(261, Step.WEEKLY, lambda *_: 0) is None


def test_two_equal_months_are_no_season() -> None:
    assert season(60, Step.MONTHLY, lambda moment, _: 90 if moment.month in {6, 7} else 40) is None


@pytest.mark.parametrize(("step", "count"), [(Step.MONTHLY, 60), (Step.WEEKLY, 261), (Step.DAILY, 90)])
def test_chance_seldom_looks_like_a_season(step: Step, count: int) -> None:
    chance = random.Random(11)  # noqa: S311  # no secret

    found = [season(count, step, lambda *_: chance.uniform(10, 100)) for _ in range(100)]

    assert sum(one is not None for one in found) <= 5


def test_the_first_and_last_part_of_a_year_do_not_count() -> None:
    moments = [START + timedelta(weeks=number) for number in range(26, 26 + 52 * 4)]
    found = find_season(moments, [90 if moment.month == 12 else 10 for moment in moments], Step.WEEKLY)

    assert found is not None
    assert found.cycles == 3
