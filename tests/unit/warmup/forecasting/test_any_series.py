"""What holds for every series that can be forecast at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from warmup.forecasting import Forecast, forecast

FINITE = st.floats(allow_nan=False, allow_infinity=False)
USUAL = st.floats(min_value=0.01, max_value=1000)
INTEREST = st.integers(min_value=0, max_value=100).map(float)
SERIES = st.one_of(
    st.lists(FINITE, min_size=2, max_size=80),
    st.lists(USUAL, min_size=2, max_size=120),
    st.lists(INTEREST, min_size=2, max_size=120),
)
HORIZONS = st.integers(min_value=1, max_value=40)
SEASONS = st.sampled_from([1, 4, 7, 12, 52])


def _lines(made: Forecast) -> list[NDArray[np.float64]]:
    return [made.lower95, made.lower80, made.mean, made.upper80, made.upper95, made.sigma]


@given(SERIES, HORIZONS, SEASONS)
@settings(max_examples=150, deadline=None)
def test_bands_are_finite_and_in_order(values: list[float], horizon: int, season_length: int) -> None:
    made = forecast(values, horizon, season_length)
    for line in _lines(made):
        assert line.shape == (horizon,)
        assert line.dtype == np.float64
        assert np.isfinite(line).all()
    assert (made.lower95 <= made.lower80).all()
    assert (made.lower80 <= made.mean).all()
    assert (made.mean <= made.upper80).all()
    assert (made.upper80 <= made.upper95).all()
    assert (made.sigma >= 0).all()


@given(st.lists(st.one_of(INTEREST, USUAL), min_size=2, max_size=80), HORIZONS, SEASONS)
@settings(max_examples=80, deadline=None)
def test_what_was_never_negative_does_not_become_so(values: list[float], horizon: int, season_length: int) -> None:
    assert forecast(values, horizon, season_length).lower95.min() >= 0


@given(SERIES, HORIZONS, SEASONS)
@settings(max_examples=40, deadline=None)
def test_the_same_input_gives_the_same_forecast_and_stays_as_it_was(
    values: list[float], horizon: int, season_length: int
) -> None:
    given_values = np.array(values)
    given_values.flags.writeable = False
    once, again = forecast(given_values, horizon, season_length), forecast(list(values), horizon, season_length)
    assert all(np.array_equal(one, other) for one, other in zip(_lines(once), _lines(again), strict=True))
    assert once.model == again.model


@given(st.lists(USUAL, min_size=2, max_size=120), SEASONS, st.sampled_from([0.001, 0.3, 8.0, 1e6]))
@settings(max_examples=60, deadline=None)
def test_another_unit_changes_nothing_but_the_unit(values: list[float], season_length: int, factor: float) -> None:
    plain = forecast(values, 10, season_length)
    scaled = forecast([factor * value for value in values], 10, season_length)
    for one, other in zip(_lines(plain), _lines(scaled), strict=True):
        assert other == pytest.approx(factor * one, rel=1e-4, abs=1e-4 * factor)


@pytest.mark.parametrize("magnitude", [1e-320, 1e-300, 1e-30, 1e30, 1e300, 1.7e308])
@pytest.mark.parametrize("signs", [(1.0, 1.0), (1.0, -1.0)])
def test_no_magnitude_is_too_large_or_too_small(magnitude: float, signs: tuple[float, float]) -> None:
    values = np.tile([0.5, 0.9, 1.0, 0.7], 10) * np.tile(signs, 20) * magnitude
    made = forecast(values, 400, 4)
    assert all(np.isfinite(line).all() for line in _lines(made))
    assert np.abs(made.mean).max() <= 2 * magnitude


def test_of_a_very_long_past_only_the_latest_part_is_read() -> None:
    long = np.random.default_rng(1).uniform(10, 20, 100_000)
    assert np.array_equal(forecast(long, 30, 7).mean, forecast(long[-400:], 30, 7).mean)
    assert np.array_equal(forecast(long, 30, 50_000).mean, forecast(long[-2000:], 30, 50_000).mean)
    # A season of a year of days needs more than that.
    assert not np.array_equal(forecast(long, 30, 365).mean, forecast(long[-400:], 30, 365).mean)


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda values: np.array(values, dtype=np.int64)])
def test_any_sequence_of_numbers_will_do(kind: type) -> None:
    values = [12, 15, 11, 14, 13, 16, 12, 15]
    assert np.array_equal(forecast(kind(values), np.int64(3), np.int64(7)).mean, forecast(values, 3, 7).mean)  # type: ignore[arg-type]
