"""Peaks are those of scipy.signal, and the three that matter are chosen."""

from __future__ import annotations

import importlib.util
import json
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.warmup.explaining.make_reference_peaks import FILE, random_series, scipy_peaks
from warmup.explaining.peaks import end_peaks, find_peaks, most_prominent, prominence

CASES = json.loads(FILE.read_text())
SERIES = st.lists(st.integers(0, 6).map(float), max_size=30)


def test_the_reference_has_peaks_plateaus_and_series_without_any() -> None:
    assert sum(len(case["indices"]) for case in CASES) > 300
    assert any(not case["indices"] for case in CASES)
    assert any(case["values"][index] == case["values"][index + 1] for case in CASES for index in case["indices"])


@pytest.mark.parametrize("part", range(10))
def test_peaks_are_those_that_scipy_has_found(part: int) -> None:
    for case in CASES[part::10]:
        peaks = find_peaks(case["values"], case["least"])

        assert [peak.index for peak in peaks] == case["indices"]
        assert [peak.prominence for peak in peaks] == case["prominences"]


@pytest.mark.skipif(
    importlib.util.find_spec("scipy") is None, reason="scipy is not installed; its results are committed"
)
def test_peaks_are_those_that_scipy_finds() -> None:
    chance = random.Random(7)  # noqa: S311  # no secret
    for _ in range(500):
        values, least = random_series(chance), chance.choice([0, 0.5, 1, 3])
        peaks, expected = find_peaks(values, least), scipy_peaks(values, least)

        assert [peak.index for peak in peaks] == expected["indices"]
        assert [peak.prominence for peak in peaks] == expected["prominences"]


@given(SERIES)
def test_what_a_peak_is(values: list[float]) -> None:
    for peak in find_peaks(values):
        left, right = peak.index, peak.index
        while values[left] == values[peak.index]:
            left -= 1
        while values[right] == values[peak.index]:
            right += 1
        assert left >= 0
        assert values[left] < values[peak.index] > values[right]
        assert peak.index == (left + right) // 2
        assert 0 < peak.prominence <= max(values) - min(values)


@given(SERIES, st.floats(0.5, 100))
def test_prominence_scales_with_the_series(values: list[float], factor: float) -> None:
    scaled = [value * factor for value in values]

    assert [peak.index for peak in find_peaks(scaled)] == [peak.index for peak in find_peaks(values)]
    assert [peak.prominence for peak in find_peaks(scaled)] == pytest.approx(
        [peak.prominence * factor for peak in find_peaks(values)]
    )


def test_prominence_by_hand() -> None:
    values = [1.0, 5.0, 3.0, 4.0, 2.0, 9.0, 0.0]

    # From 5 down to 1 on the left and to 2 before anything higher on the right; from 4 down to 3, and to 2.
    assert [prominence(values, index) for index in (1, 3, 5)] == [3, 1, 8]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([5.0], []),
        ([5.0, 5.0, 5.0], []),
        ([1.0, 2.0, 9.0], [(2, 8)]),
        ([9.0, 2.0, 1.0], [(0, 8)]),
        ([9.0, 1.0, 8.0], [(0, 8), (2, 7)]),
        ([6.0, 6.0, 6.0, 1.0, 7.0, 7.0, 7.0, 7.0], [(1, 5), (5, 6)]),
        ([1.0, 5.0, 0.0, 3.0], [(3, 3)]),
        ([1.0, 5.0, 2.0, 3.0], [(3, 1)]),
    ],
)
def test_an_end_from_which_the_series_falls_away_is_a_peak(
    values: list[float], expected: list[tuple[int, float]]
) -> None:
    found = end_peaks(values)

    assert [(peak.index, peak.prominence) for peak in found] == expected
    assert all(peak.at_end for peak in found)


def test_the_three_most_prominent_are_chosen_in_their_order() -> None:
    values = [0.0, 30.0, 0.0, 90.0, 0.0, 50.0, 0.0, 70.0, 0.0]

    assert [peak.index for peak in most_prominent(values)] == [3, 5, 7]


def test_among_equals_the_later_ones_are_chosen() -> None:
    assert [peak.index for peak in most_prominent([0.0, 9.0] * 5 + [0.0])] == [5, 7, 9]


def test_what_hardly_stands_out_is_no_peak() -> None:
    assert [peak.index for peak in most_prominent([60.0, 100.0, 95.0, 99.0, 60.0, 65.0, 60.0])] == [1]


def test_an_end_is_chosen_beside_inner_peaks() -> None:
    found = most_prominent([10.0, 40.0, 10.0, 60.0])

    assert [(peak.index, peak.at_end) for peak in found] == [(1, False), (3, True)]


@given(SERIES)
@example([0.0, 0.0, 0.0])
@example([7.0])
def test_at_most_three_and_none_twice(values: list[float]) -> None:
    indices = [peak.index for peak in most_prominent(values)]

    assert indices == sorted(set(indices))
    assert len(indices) <= 3
