"""The chart is a file of its own, well-formed for any terms, and shows both terms whatever is missing."""

from __future__ import annotations

import itertools
import json
import math
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.warmup.making import comparison, points
from warmup.charts.chart import draw
from warmup.charts.scales import Scale, date_ticks, value_ticks
from warmup.charts.style import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from warmup.charts.svg import shortened
from warmup.outlooks.outlook import NothingToForecast, comparison_outlook

SVG = "{http://www.w3.org/2000/svg}"
WAVE = [50 + 30 * math.sin(week / 8) for week in range(120)]
FLAT = [20 + week * 7 % 3 for week in range(120)]
TERMS = ("iced tea", "hot chocolate")


def drawn(stored: Any, terms: tuple[str, str] = TERMS) -> ET.Element:
    made = comparison(stored, terms)
    # The bundle as it comes out of the cache.
    bundle = json.loads(json.dumps(comparison_outlook(made)))
    return parsed(draw(made, bundle))


def parsed(written: str) -> ET.Element:
    return ET.fromstring(written)  # noqa: S314 we wrote it


def words(chart: ET.Element) -> list[str]:
    return [text.text or "" for text in chart.iter(f"{SVG}text")]


def paths(chart: ET.Element, kind: str) -> list[list[tuple[float, float]]]:
    return [
        [(float(x), float(y)) for x, y in (place.split(",") for place in path.attrib["d"].strip("MZ").split("L"))]
        for path in chart.iter(f"{SVG}path")
        if path.attrib["class"] == kind
    ]


def lines(chart: ET.Element) -> list[list[tuple[float, float]]]:
    """Both terms' lines in the plot; those of the legend come first."""
    return paths(chart, "line")[2:]


def test_what_is_in_it() -> None:
    chart = drawn(points(WAVE, FLAT))
    assert (chart.tag, chart.attrib["viewBox"], chart.attrib["role"]) == (f"{SVG}svg", f"0 0 {WIDTH} {HEIGHT}", "img")
    assert [len(line) for line in lines(chart)] == [105 + 26, 105 + 26]
    assert [len(band) for band in paths(chart, "band")] == [2 * 27] * 4
    assert len(paths(chart, "now")) == 1
    shown = words(chart)
    assert shown[0] == "iced tea and hot chocolate"
    assert shown[1].startswith("Expected to lead over the next 30 days: ")
    assert shown[2].startswith("iced tea: ")
    assert shown[3].startswith("hot chocolate: steady, next 30 days 2")


def test_it_is_told_to_those_who_cannot_see_it() -> None:
    chart = drawn(points(WAVE, FLAT))
    title, about = chart.find(f"{SVG}title"), chart.find(f"{SVG}desc")
    assert title is not None
    assert about is not None
    assert chart.attrib["aria-labelledby"].split() == [title.attrib["id"], about.attrib["id"]]
    assert title.text == "iced tea and hot chocolate: search interest and forecast"
    assert "hot chocolate: steady. Expected on average" in (about.text or "")


def test_it_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    made = comparison(points(WAVE, FLAT))
    written = draw(made, comparison_outlook(made))
    for foreign in ("<script", "href", "@import", "@font-face", "<image", "<foreignObject", " on"):
        assert foreign not in written.split("</desc>")[1]
    assert "url(" in written
    assert written.count("url(") == written.count("url(#plot-7)")
    assert "prefers-color-scheme" in written


def test_everything_lies_within_the_axes() -> None:
    chart = drawn(points(WAVE, FLAT))
    for place in itertools.chain(*lines(chart)):
        assert LEFT <= place[0] <= RIGHT
        assert TOP <= place[1] <= BOTTOM


def test_the_lines_show_the_values() -> None:
    spike = [*FLAT[:80], 90, *FLAT[81:]]
    line = lines(drawn(points(spike, FLAT)))[0]
    heights = [place[1] for place in line]
    # The first fifteen weeks are more than two years ago.
    assert heights.index(min(heights)) == 80 - 15


def test_a_missing_forecast_leaves_the_history_and_says_why() -> None:
    chart = drawn(points(WAVE, FLAT[:6]))
    assert [len(line) for line in lines(chart)] == [131, 6]
    assert words(chart)[3] == "hot chocolate: no forecast, 6 usable points, at least 7 are needed"


def test_an_unreadable_term_leaves_the_other() -> None:
    chart = drawn(points(WAVE, ["x"] * 120))
    assert [len(line) for line in lines(chart)] == [131]
    assert "no forecast, no point has a date" in words(chart)[3]


def test_a_single_point_is_a_mark() -> None:
    chart = drawn(points([5], FLAT))
    assert len(lines(chart)[0]) == 1
    assert len(list(chart.iter(f"{SVG}circle"))) == 2


@pytest.mark.parametrize("value", [0, 50, 1e12, 1e-6])
def test_constants_have_a_scale(value: float) -> None:
    chart = drawn(points([value] * 30, [value] * 30))
    for place in itertools.chain(*lines(chart)):
        assert TOP <= place[1] <= BOTTOM
        assert math.isfinite(place[0])


def test_different_steps() -> None:
    days = [date(2025, 1, 1) + timedelta(days=number) for number in range(300)]
    chart = drawn([{"date": str(day), "values": [50 + day.day % 7, 40 if day.day == 1 else None]} for day in days])
    assert [len(line) for line in lines(chart)] == [300 + 44, 10 + 12]
    assert len(paths(chart, "now")) == 2


def test_a_band_without_end_does_not_flatten_the_rest() -> None:
    made = comparison(points(WAVE, FLAT))
    bundle = comparison_outlook(made)
    bundle["terms"][0]["forecast"][-1]["upper95"] = 1e9
    highest = min(place[1] for place in lines(parsed(draw(made, bundle)))[0])
    assert highest < (TOP + BOTTOM) / 2


@pytest.mark.parametrize(
    "hostile",
    [
        "</text><script>alert(1)</script>",
        "]]><!--",
        '" onload="alert(1)',
        "&amp;&lt;&#0;",
        "a\x00b\x1fc\ud800d\ufffe",
        "right \u202e to left",
        "<![CDATA[",
        "x" * 10_000,
        "",
        "\n\n",
    ],
)
def test_hostile_terms_stay_text(hostile: str) -> None:
    plain = drawn(points(WAVE, FLAT))
    chart = drawn(points(WAVE, FLAT), (hostile, hostile))
    assert [part.tag for part in chart.iter()] == [part.tag for part in plain.iter()]
    assert [set(part.attrib) for part in chart.iter()] == [set(part.attrib) for part in plain.iter()]
    assert all(len(line) < 110 for line in words(chart))
    assert "\u202e" not in "".join(chart.itertext())


VALUES = st.lists(st.none() | st.integers(0, 100) | st.just("x"), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(terms=st.tuples(st.text(), st.text()), a=VALUES, b=VALUES, days=st.sampled_from([1, 7, 30]))
def test_any_chart_is_well_formed(terms: tuple[str, str], a: list[Any], b: list[Any], days: int) -> None:
    try:
        chart = drawn(points(a, b, days), terms)
    except NothingToForecast:
        return
    assert len(lines(chart)) >= 1


@given(highest=st.floats(0, 2e12))
def test_value_ticks_are_few_and_reach_the_highest(highest: float) -> None:
    ticks = value_ticks(highest)
    assert 2 <= len(ticks) <= 7
    assert ticks[0] == 0
    assert ticks[-1] >= highest * (1 - 1e-6)


@pytest.mark.parametrize(
    ("highest", "ticks"), [(0, [0, 0.2, 0.4, 0.6, 0.8, 1]), (100, [0, 20, 40, 60, 80, 100]), (7, [0, 2, 4, 6, 8])]
)
def test_value_ticks_are_round(highest: float, ticks: list[float]) -> None:
    assert value_ticks(highest) == pytest.approx(ticks)


@given(first=st.dates(date(1900, 1, 1), date(2199, 1, 1)), days=st.integers(1, 70_000))
def test_date_ticks_are_few_and_in_order(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    ticks = date_ticks(first, last)
    assert 1 <= len(ticks) <= 10
    assert [day for day, _ in ticks] == sorted({day for day, _ in ticks})
    assert first <= ticks[0][0] <= ticks[-1][0] <= last


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        (date(2026, 12, 30), date(2027, 1, 2), ["30 Dec 2026", "31 Dec", "1 Jan 2027", "2 Jan"]),
        (date(2026, 10, 20), date(2027, 4, 2), ["Nov 2026", "Dec", "Jan 2027", "Feb", "Mar", "Apr"]),
        (date(2024, 3, 2), date(2026, 2, 1), ["Apr 2024", "Jul", "Oct", "Jan 2025", "Apr", "Jul", "Oct", "Jan 2026"]),
    ],
)  # fmt: skip
def test_date_labels(first: date, last: date, labels: list[str]) -> None:
    assert [label for _, label in date_ticks(first, last)] == labels


def test_a_scale_goes_either_way() -> None:
    up = Scale(0, 10, 500, 100)
    assert [up.place(figure) for figure in (0, 5, 10)] == [500, 300, 100]


@pytest.mark.parametrize(
    ("term", "columns", "short"),
    [
        ("iced tea", 8, "iced tea"),
        ("iced tea", 7, "iced t…"),
        ("iced tea", 6, "iced…"),
        ("冷たいお茶", 10, "冷たいお茶"),
        ("冷たいお茶", 8, "冷たい…"),
        ("  iced \n tea ", 20, "iced tea"),
    ],
)
def test_long_terms_are_shortened_by_what_they_take(term: str, columns: int, short: str) -> None:
    assert shortened(term, columns) == short
