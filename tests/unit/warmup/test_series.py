"""Whatever is stored becomes a regular series of finite values, or a refusal that says what is wrong."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warmup.series import MOST_PERIODS, MOST_POINTS, Series, UnusableSeries, read_series
from warmup.steps import Step, following

SUNDAY = date(2026, 8, 30)


def points(*values: Any, first: date = SUNDAY, days: int = 7) -> list[dict[str, Any]]:
    return [
        {"date": (first + timedelta(days=days * place)).isoformat(), "values": [value, 0]}
        for place, value in enumerate(values)
    ]


def monthly(*months: str) -> list[dict[str, Any]]:
    return [{"date": month, "values": [place]} for place, month in enumerate(months)]


def values_of(series: Series) -> list[float]:
    return [float(value) for value in series.values]


def test_weeks() -> None:
    series = read_series(points(61, 40.5, 0), 0)
    assert values_of(series) == [61, 40.5, 0]
    assert series.dates == (SUNDAY, SUNDAY + timedelta(days=7), SUNDAY + timedelta(days=14))
    assert (series.step, series.season_length, series.observed, series.defects) == ("weekly", 52, 3, {})


def test_the_other_term() -> None:
    assert values_of(read_series([{"date": "2026-11-22", "values": [61, 40]}], 1)) == [40]


@pytest.mark.parametrize(("days", "step"), [(1, "daily"), (3, "daily"), (7, "weekly"), (14, "weekly"), (30, "monthly")])
def test_the_step_by_the_median_distance(days: int, step: str) -> None:
    assert read_series(points(*range(12), days=days), 0).step == step


def test_one_outlier_does_not_change_the_step() -> None:
    stored = points(*range(20), days=1) + points(20, first=SUNDAY + timedelta(days=40))
    assert read_series(stored, 0).step == "daily"


def test_a_single_point_counts_as_a_week() -> None:
    series = read_series(points(5), 0)
    assert (series.step, values_of(series)) == ("weekly", [5])


def test_order_does_not_matter() -> None:
    stored = points(1, 2, 3, 4, 5)
    assert values_of(read_series(stored[::-1], 0)) == [1, 2, 3, 4, 5]


def test_the_later_listed_replaces_the_same_date() -> None:
    stored = [*points(1, 2, 3), *points(9)]
    series = read_series(stored, 0)
    assert (values_of(series), series.defects) == ([9, 2, 3], {"repeated": 1})


def test_hours_are_averaged_to_days() -> None:
    stored = [
        {"date": f"2026-11-{day:02}T{hour:02}:00:00Z", "values": [hour + day]} for day in (20, 21) for hour in (0, 12)
    ]
    series = read_series(stored, 0)
    assert (values_of(series), series.step, series.defects) == ([26, 27], "daily", {"merged": 2})


def test_holes_are_filled_on_a_straight_line() -> None:
    stored = points(10, None, None, 40, "soon", 60)
    series = read_series(stored, 0)
    assert values_of(series) == [10, 20, 30, 40, 50, 60]
    assert (series.observed, series.defects) == (3, {"missing": 2, "unreadable": 1, "filled": 3})


def test_what_lies_before_a_long_gap_is_left_out() -> None:
    stored = points(1, 2, 3) + points(7, 8, 9, 10, first=SUNDAY + timedelta(weeks=40))
    series = read_series(stored, 0)
    assert (values_of(series), series.defects) == ([7, 8, 9, 10], {"beforeGap": 3})


def test_a_gap_that_is_just_short_enough_is_filled() -> None:
    stored = points(1, 2, 3) + points(30, 31, first=SUNDAY + timedelta(weeks=29))
    assert read_series(stored, 0).defects == {"filled": Step.WEEKLY.longest_gap}


def test_weeks_belong_to_the_nearest_usual_weekday() -> None:
    stored = points(1, 2, 3, 4, 5)
    stored[2]["date"] = (SUNDAY + timedelta(days=13)).isoformat()
    stored[4]["date"] = (SUNDAY + timedelta(days=29)).isoformat()
    series = read_series(stored, 0)
    assert values_of(series) == [1, 2, 3, 4, 5]
    assert {day.weekday() for day in series.dates} == {6}


def test_months_go_by_the_calendar() -> None:
    series = read_series(monthly("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-01", "2026-05-15"), 0)
    assert [day.isoformat() for day in series.dates] == [
        "2026-01-01",
        "2026-02-01",
        "2026-03-01",
        "2026-04-01",
        "2026-05-01",
    ]


def test_months_without_a_day() -> None:
    series = read_series(monthly("2025-11", "2025-12", "2026-01"), 0)
    assert (series.step, series.dates[-1]) == ("monthly", date(2026, 1, 1))


@pytest.mark.parametrize("after_days", [1, 3, 5])
def test_a_last_week_that_has_only_begun_is_left_out(after_days: int) -> None:
    stored = [*points(1, 2, 3), *points(0, first=SUNDAY + timedelta(days=14 + after_days))]
    series = read_series(stored, 0)
    assert (values_of(series), series.defects) == ([1, 2, 3], {"partial": 1})


def test_a_week_marked_as_partial_is_left_out() -> None:
    stored = points(1, 2, 3)
    stored[-1]["isPartial"] = True
    assert values_of(read_series(stored, 0)) == [1, 2]


@pytest.mark.parametrize(
    ("stored", "read"),
    [("61", 61), (" 4.5 ", 4.5), ("<1", 0.5), (0, 0), (10**12, 1e12), (1e-300, 0)],
)
def test_values_that_can_be_read(stored: Any, read: float) -> None:
    assert values_of(read_series(points(stored), 0)) == [read]


@pytest.mark.parametrize(
    "stored",
    [True, "", "many", "-4", "1e5", "nan", "6,1", "9" * 99, -1, math.nan, math.inf, 1e13, 10**400, [1], {"value": 1}],
)
def test_values_that_cannot_be_read(stored: Any) -> None:
    series = read_series(points(1, stored, 3), 0)
    assert (values_of(series), series.defects) == ([1, 2, 3], {"unreadable": 1, "filled": 1})


@pytest.mark.parametrize(
    "written",
    [
        "2026-09-06",
        "2026-09-06T00:00:00Z",
        "2026-09-06 00:00",
        "2026-09-06 - 2026-09-12",
        "2026-09-06T23:59:59.123+05:30",
    ],
)
def test_dates_that_can_be_read(written: str) -> None:
    stored = points(1, 2, 3)
    stored[1]["date"] = written
    assert read_series(stored, 0).defects == {}


@pytest.mark.parametrize(
    "written",
    [None, 0, 1788652800, "", "06.09.2026", "09/06/2026", "Sep 6, 2026", "20260906", "2026-13-01", "2026-02-30",
     "0001-01-01", "9999-12-31", "2026-09-061", "\uff12026-09-06", ["2026-09-06"], "2026-09-06" + " " * 99],
)  # fmt: skip
def test_dates_that_cannot_be_read(written: Any) -> None:
    stored = points(1, 2, 3)
    stored[1]["date"] = written
    assert read_series(stored, 0).defects == {"unreadable": 1, "filled": 1}


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        (None, "points must be a list"),
        ({"date": "2026-11-22"}, "points must be a list"),
        ("[]", "points must be a list"),
        ([], "the list is empty"),
        ([7], r"points\[0\] must be an object"),
        ([{"values": [1, 2]}], r"points\[0\]\.date must be a date like 2026-11-22"),
        ([{"date": "2026-11-22"}], r"points\[0\]\.values must be a list with a value for each term"),
        ([{"date": "2026-11-22", "values": []}], r"points\[0\]\.values must be a list with a value for each term"),
        ([{"date": "2026-11-22", "values": [None]}], r"points\[0\]\.values\[0\] is null"),
        ([{"date": "2026-11-22", "values": ["x"]}], r"points\[0\]\.values\[0\] must be a number"),
        (points(1, 2, 3, days=90), "about 90 days apart"),
    ],
)
def test_refusals_name_what_is_wrong(stored: Any, problem: str) -> None:
    with pytest.raises(UnusableSeries, match=problem):
        read_series(stored, 0)


@pytest.mark.parametrize("newest_first", [False, True])
def test_of_a_million_points_the_newest_are_read(newest_first: bool) -> None:
    count = 1_000_000
    point = {"date": "not read", "values": [1, 2]}
    recent = points(*range(500), days=1)
    stored = [point] * (count - 500) + recent
    series = read_series(stored[::-1] if newest_first else stored, 0)
    assert values_of(series) == list(range(500))
    assert series.defects == {"old": count - MOST_POINTS, "unreadable": MOST_POINTS - 500}


def test_the_newest_periods_are_kept() -> None:
    series = read_series(points(*range(2_500), days=1, first=date(2019, 1, 1)), 0)
    assert values_of(series) == list(range(500, 2_500))
    assert series.defects == {"old": 2_500 - MOST_PERIODS}


@pytest.mark.parametrize(
    ("last", "step", "days"),
    [
        (date(2026, 11, 30), Step.DAILY, ["2026-12-01", "2026-12-02"]),
        (date(2026, 11, 22), Step.WEEKLY, ["2026-11-29", "2026-12-06"]),
        (date(2026, 11, 1), Step.MONTHLY, ["2026-12-01", "2027-01-01"]),
    ],
)
def test_the_periods_that_follow(last: date, step: Step, days: list[str]) -> None:
    assert [day.isoformat() for day in following(last, step, 2)] == days


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
DATES = st.dates().map(date.isoformat) | st.dates(SUNDAY, SUNDAY + timedelta(days=99)).map(date.isoformat) | JSON
VALUES = st.lists(st.integers(0, 100) | st.floats() | JSON, max_size=3) | JSON
POINTS = st.lists(st.fixed_dictionaries({"date": DATES, "values": VALUES}) | JSON, max_size=12)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stored=POINTS | JSON, position=st.integers(0, 1))
def test_any_json_is_a_regular_series_or_refused(stored: Any, position: int) -> None:
    try:
        series = read_series(stored, position)
    except UnusableSeries:
        return
    assert 1 <= len(series.values) == len(series.dates) <= MOST_PERIODS
    assert np.isfinite(series.values).all()
    assert (series.values >= 0).all()
    assert series.dates[1:] == following(series.dates[0], series.step, len(series.dates) - 1)
    assert series.observed + series.defects.get("filled", 0) == len(series.dates)
