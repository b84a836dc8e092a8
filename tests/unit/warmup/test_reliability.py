"""Confidence, directions and leads come true as often as they say, on real series where those are at hand."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import pytest

from benchmarks.outlook_reliability import Outcome, outcomes, table

SERIES = Path(__file__).parents[4] / "shared" / "forecast-series" / "series.csv"
GROUPS = ("gt_daily", "gt_weekly", "gt_monthly")
pytestmark = pytest.mark.skipif(not SERIES.exists(), reason=f"{SERIES} is not there")


@pytest.fixture(scope="module")
def found() -> list[Outcome]:
    return list(outcomes(SERIES, GROUPS, every=4))


@pytest.mark.parametrize("days", [14, 30])
def test_confidence_comes_true(found: list[Outcome], days: int) -> None:
    said = [(each.confidence, float(each.near)) for each in found if each.days == days]
    assert fmean(chance for chance, _ in said) == pytest.approx(fmean(true for _, true in said), abs=0.08)
    for chance, true, count in table(said, (0, 0.4, 0.6, 0.8, 1)):
        assert count > 10
        assert chance == pytest.approx(true, abs=0.2)


def test_of_outlooks_with_about_seventy_percent_about_as_many_come_true(found: list[Outcome]) -> None:
    said = [(each.confidence, float(each.near)) for each in found]
    [(chance, true, count)] = table(said, (0.6, 0.8))
    assert count > 100
    assert chance == pytest.approx(true, abs=0.1)


def test_who_is_said_to_rise_or_fall_mostly_does(found: list[Outcome]) -> None:
    for name, sign in (("rising", 1), ("falling", -1)):
        moved = [sign * (each.actual - each.before) > 0 for each in found if each.days == 30 and each.direction == name]
        assert len(moved) > 20
        assert fmean(moved) > 0.8


def test_surer_outlooks_come_true_more_often(found: list[Outcome]) -> None:
    said = [(each.confidence, float(each.near)) for each in found]
    shares = [true for _, true, _ in table(said, (0, 0.4, 0.6, 0.8, 1))]
    assert shares == sorted(shares)
