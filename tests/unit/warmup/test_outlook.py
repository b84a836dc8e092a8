"""What the bundle of a comparison says, and that one bad term or point never loses the rest."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.sample_data.comparisons import COMPARISONS, SampleComparison
from tests.unit.warmup.making import comparison, points
from warmup.comparison import Comparison
from warmup.forecasting import ENGINE_VERSION
from warmup.outlooks.outlook import NothingToForecast, comparison_outlook

SUMMER = [50 + 30 * math.sin(2 * math.pi * week / 52) + week % 3 for week in range(208)]
FLAT = [20 + week * 7 % 3 for week in range(208)]
OUTLOOK_KEYS = {
    "from", "to", "basis", "average", "lower80", "upper80", "lower95", "upper95", "keyPoints", "confidence",
}  # fmt: skip


def outlook(a: Any, b: Any, days: int = 7) -> dict[str, Any]:
    return comparison_outlook(comparison(points(a, b, days)))


def codes(term: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in term["warnings"]]


def test_the_bundle() -> None:
    bundle = outlook(SUMMER, FLAT)
    assert (bundle["engineVersion"], bundle["dataHash"]) == (ENGINE_VERSION, "d41d8cd9")
    assert [term["term"] for term in bundle["terms"]] == ["iced tea", "hot chocolate"]
    first = bundle["terms"][0]
    assert (first["step"], first["lastDate"], first["dataPoints"]) == ("weekly", "2025-12-21", 208)
    assert (first["lastValue"], first["defects"], first["reason"]) == (pytest.approx(SUMMER[-1], rel=1e-4), {}, None)
    assert [point["date"] for point in first["forecast"][:2]] == ["2025-12-28", "2026-01-04"]
    assert first["confidence"] == first["outlooks"]["30"]["confidence"]


@pytest.mark.parametrize("days", [1, 7, 30])
def test_outlooks_at_every_step(days: int) -> None:
    count = {1: 200, 7: 208, 30: 60}[days]
    for term in outlook(SUMMER[:count], FLAT[:count], days)["terms"]:
        assert list(term["outlooks"]) == ["14", "30"]
        for horizon, said in term["outlooks"].items():
            assert set(said) == OUTLOOK_KEYS
            assert date.fromisoformat(said["to"]) - date.fromisoformat(said["from"]) == timedelta(int(horizon) - 1)
            assert said["lower95"] <= said["lower80"] <= said["average"] <= said["upper80"] <= said["upper95"]
            assert 0.01 <= said["confidence"] <= 0.99


def test_two_weeks_of_a_month_are_its_nearest_step() -> None:
    said = outlook(SUMMER[:60], FLAT[:60], 30)["terms"][0]
    two_weeks = said["outlooks"]["14"]
    assert two_weeks["basis"] == "nearest step"
    assert two_weeks["average"] == said["forecast"][0]["mean"]
    assert two_weeks["keyPoints"]["end"] == said["forecast"][0]


def test_the_key_points() -> None:
    said = outlook(SUMMER, FLAT)["terms"][0]
    ahead = said["forecast"]
    points_of = said["outlooks"]["30"]["keyPoints"]
    assert [points_of[name] for name in ("start", "middle", "end")] == [ahead[0], ahead[2], ahead[4]]
    assert points_of["peak"] == max(ahead[:5], key=lambda point: float(point["mean"]))


def test_a_season_that_goes_up_is_rising_and_said_to_be_that_of_every_year() -> None:
    first = outlook(SUMMER[:200], FLAT)["terms"][0]
    assert first["direction"] == "rising"
    assert first["change"]["yearBefore"] == "rising"
    assert first["change"]["expected"] > first["change"]["before"]
    assert "A year before, the same days were rising as well." in first["directionRule"]


def test_what_stays_is_steady() -> None:
    assert outlook(SUMMER, FLAT)["terms"][1]["direction"] == "steady"


def test_what_goes_down_is_falling() -> None:
    falling = [400 - 3 * week for week in range(100)]
    assert outlook(falling, FLAT[:100])["terms"][0]["direction"] == "falling"


def test_who_leads() -> None:
    leader = outlook([80 + value for value in FLAT], FLAT)["leader"]
    assert (leader["term"], leader["index"], leader["probability"], leader["horizonDays"]) == ("iced tea", 0, 0.99, 30)


def test_equal_terms_have_no_leader() -> None:
    leader = outlook(SUMMER, SUMMER)["leader"]
    assert (leader["term"], leader["index"], leader["probability"]) == (None, None, 0.5)


def test_a_leader_needs_both_terms() -> None:
    leader = outlook(SUMMER, [])["leader"]
    assert (leader["term"], leader["probability"]) == (None, None)
    assert "both terms" in leader["rule"]


def test_series_that_end_far_apart_have_no_leader() -> None:
    assert "too far apart" in outlook(SUMMER, FLAT[:150])["leader"]["rule"]


@pytest.mark.parametrize(("count", "warned"), [(7, True), (13, True), (14, False)])
def test_few_points(count: int, warned: bool) -> None:
    term = outlook(FLAT[:count], FLAT)["terms"][0]
    assert len(term["forecast"]) > 0
    assert ("insufficient_data" in codes(term)) is warned


def test_too_few_points_do_not_lose_the_other_term() -> None:
    first, second = outlook(FLAT[:6], FLAT)["terms"]
    assert (first["forecast"], first["outlooks"], first["direction"], first["confidence"]) == ([], {}, None, None)
    assert first["reason"] == "6 usable points, at least 7 are needed"
    assert (first["lastValue"], codes(first)) == (FLAT[5], ["insufficient_data"])
    assert second["forecast"]


def test_filled_in_points_do_not_count_as_usable() -> None:
    first = outlook([20, None, 21, None, 22, None, 20, None, 21], FLAT)["terms"][0]
    assert (first["dataPoints"], first["forecast"]) == (5, [])
    assert codes(first) == ["insufficient_data", "data_quality_concern"]


def test_an_unreadable_term_does_not_lose_the_other() -> None:
    first, second = outlook(["soon"] * 208, FLAT)["terms"]
    assert (first["forecast"], codes(first), first["step"]) == ([], ["data_quality_concern"], None)
    assert "points[0].values[0] must be a number" in first["reason"]
    assert second["forecast"]


@pytest.mark.parametrize(
    ("stored", "reasons"),
    [
        ([], "The first: .* the list is empty. The second: .* the list is empty"),
        ("x", "points must be a list"),
        (points(FLAT[:6], ["soon"] * 6), r"The first: 6 usable points.* The second: .*values\[1\] must be a number"),
    ],
)
def test_nothing_to_forecast_is_refused_with_both_reasons(stored: Any, reasons: str) -> None:
    with pytest.raises(NothingToForecast, match=reasons):
        comparison_outlook(comparison(stored))


def test_holes_are_a_concern_from_a_tenth_on() -> None:
    few, many = list[Any](FLAT), list[Any](FLAT)
    few[10:200:20] = [None] * 10
    many[10:200:8] = [None] * 24
    first, second = outlook(few, many)["terms"]
    assert "data_quality_concern" not in codes(first)
    assert "data_quality_concern" in codes(second)


def test_a_history_cut_by_a_long_gap_is_a_concern() -> None:
    cut = [*FLAT[:50], *[None] * 40, *FLAT[90:]]
    term = outlook(cut, FLAT)["terms"][0]
    assert codes(term) == ["data_quality_concern"]
    assert "50 periods before a gap" in term["warnings"][0]["detail"]


def test_wild_values_are_volatile_and_leave_little_confidence() -> None:
    wild = [(week * 7919 % 101) * (week % 2) for week in range(208)]
    first, second = outlook(wild, FLAT)["terms"]
    assert {"high_volatility", "low_confidence"} <= set(codes(first))
    assert first["confidence"] < 0.5 < second["confidence"]
    assert codes(second) == []


def test_figures_are_rounded_to_five_digits() -> None:
    ahead = outlook([value * math.pi * 1e5 for value in SUMMER], FLAT)["terms"][0]["forecast"]
    figures = [figure for point in ahead for figure in point.values() if isinstance(figure, float)]
    assert len(figures) == 5 * len(ahead)
    assert figures == [float(f"{figure:.5g}") for figure in figures]


@pytest.mark.parametrize("sample", COMPARISONS, ids=lambda sample: sample.slug)
def test_the_sample_comparisons(sample: SampleComparison) -> None:
    stored = Comparison(
        1, sample.slug, (sample.term_a, sample.term_b), sample.timeframe, sample.geo, "hash", sample.series
    )
    if not sample.forecastable:
        with pytest.raises(NothingToForecast):
            comparison_outlook(stored)
        return
    assert all(term["forecast"] for term in comparison_outlook(stored)["terms"])


@pytest.mark.parametrize("values", [[0] * 30, [50] * 30, [0] * 29 + [100], [1e12] * 30, [1e-6] * 30, [0, 1e12] * 15])
@pytest.mark.parametrize("days", [1, 7, 30])
def test_odd_series_have_an_outlook(values: list[float], days: int) -> None:
    bundle = outlook(values, [5] * 30, days)
    json.dumps(bundle, allow_nan=False)
    assert all(term["forecast"] for term in bundle["terms"])


VALUES = st.lists(st.none() | st.integers(0, 100) | st.floats() | st.just("x"), max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(a=VALUES, b=VALUES, days=st.sampled_from([1, 7, 30, 31]), terms=st.tuples(st.text(), st.text()))
def test_any_series_give_a_bundle_or_are_refused(a: list[Any], b: list[Any], days: int, terms: tuple[str, str]) -> None:
    try:
        bundle = comparison_outlook(comparison(points(a, b, days), terms))
    except NothingToForecast:
        return
    assert json.loads(json.dumps(bundle, allow_nan=False)) == bundle
    assert any(term["forecast"] for term in bundle["terms"])
