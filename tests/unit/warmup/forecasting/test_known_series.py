"""Series of which everybody knows how they go on."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from warmup.forecasting import forecast

WEEK = np.array([20.0, 50, 52, 49, 51, 45, 22])
NOISE = np.random.default_rng(20261122).normal(0, 1, 400)


def _year(weeks: int) -> NDArray[np.float64]:
    return 60 + 20 * np.sin(2 * np.pi * np.arange(weeks) / 52)


@pytest.mark.parametrize("value", [0.0, 7.0, 0.001, 1e9])
@pytest.mark.parametrize("count", [2, 6, 7, 30, 200])
def test_what_never_moved_stays(value: float, count: int) -> None:
    made = forecast([value] * count, 14, 7)
    assert made.mean == pytest.approx(value)
    assert made.lower95 == pytest.approx(value)
    assert made.upper95 == pytest.approx(value)
    assert not made.seasonal


def test_nothing_but_zeros_stays_zero() -> None:
    made = forecast([0] * 60, 30, 7)
    assert not made.mean.any()
    assert not made.upper95.any()


def test_a_week_repeats_itself() -> None:
    made = forecast(np.tile(WEEK, 10), 14, 7)
    assert made.mean == pytest.approx(np.tile(WEEK, 2), rel=0.01)
    assert made.seasonal
    assert "season of 7 steps" in made.model


def test_a_week_that_has_begun_goes_on_where_it_was() -> None:
    made = forecast(np.tile(WEEK, 10)[:-3], 7, 7)
    assert made.mean == pytest.approx(np.roll(WEEK, 3), rel=0.01)


def test_a_year_of_weeks_repeats_itself_through_noise() -> None:
    made = forecast(_year(260) + NOISE[:260], 26, 52)
    expected = _year(286)[-26:]
    assert np.abs(made.mean - expected).mean() < 3
    assert made.seasonal
    assert ((made.lower95 < expected) & (expected < made.upper95)).all()


def test_noise_has_no_season() -> None:
    for length in (7, 12, 52):
        made = forecast(50 + NOISE, 12, length)
        assert made.mean == pytest.approx(50, abs=1.5)
        assert not made.seasonal
        assert "no season" in made.model


def test_a_season_that_grows_is_followed() -> None:
    size = np.repeat(np.arange(1, 21), 4)
    values = 100 + size * np.tile([1.0, -1, 2, -2], 20) + NOISE[:80] / 2
    assert np.ptp(forecast(values, 4, 4).mean) > 0.75 * 4 * 20


def test_what_happened_once_is_no_season() -> None:
    values = np.tile(WEEK, 5) + NOISE[:35] / 4
    values[24] += 40
    assert forecast(values, 7, 7).mean == pytest.approx(WEEK, abs=5)


def test_two_years_are_too_few_to_see_a_year_repeat() -> None:
    assert not forecast(_year(104), 10, 52).seasonal
    assert forecast(_year(105), 10, 52).seasonal


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_a_line_goes_on_but_not_for_ever(noise: float) -> None:
    made = forecast(np.arange(11.0, 111) + noise * NOISE[:100], 400, 12)
    assert made.mean[11] == pytest.approx(122, abs=4)
    assert 140 < made.mean[49] < 165
    assert made.mean[399] == pytest.approx(made.mean[60], rel=0.05)
    falling = forecast(np.arange(110.0, 10, -1) + noise * NOISE[:100], 400, 12)
    assert falling.mean[4] == pytest.approx(6, abs=4)
    assert falling.mean[399] < falling.mean[0]


def test_growth_by_a_factor_is_seen_as_such() -> None:
    values = 10 * 1.03 ** np.arange(60) * np.tile([0.5, 1.0, 1.5, 1.0], 15)
    made = forecast(values, 4, 4)
    assert made.mean == pytest.approx(10 * 1.03 ** np.arange(60, 64) * [0.5, 1.0, 1.5, 1.0], rel=0.12)
    assert "100 % in logarithms" in made.model


@pytest.mark.parametrize("base", [np.full(100, 10.0), 10 + NOISE[:100]])
def test_a_spike_at_the_end_does_not_carry_the_forecast_away(base: NDArray[np.float64]) -> None:
    for season_length in (7, 12, 52):
        assert forecast(np.r_[base, 100.0], 14, season_length).mean.max() < 16


@pytest.mark.parametrize("base", [np.full(100, 10.0), 10 + NOISE[:100]])
def test_a_change_that_lasts_is_believed(base: NDArray[np.float64]) -> None:
    for season_length in (7, 12, 52):
        assert forecast(np.r_[base, np.full(20, 50.0)], 14, season_length).mean.min() > 40


def test_one_spike_long_ago_makes_no_season() -> None:
    values = 30 + NOISE[:260]
    values[130] = 100
    made = forecast(values, 52, 52)
    assert made.mean.max() < 36


def test_bands_widen_with_the_steps() -> None:
    made = forecast(np.cumsum(NOISE) + 200, 40, 1)
    assert (np.diff(made.upper95 - made.lower95) >= -1e-9).all()
    assert made.sigma[-1] > 2 * made.sigma[0]


def test_bands_widen_no_more_beyond_the_length_of_the_past() -> None:
    made = forecast(np.cumsum(NOISE[:60]) + 200, 400, 1)
    assert made.sigma[59] > 1.5 * made.sigma[19]
    assert made.sigma[399] == pytest.approx(made.sigma[59], rel=0.25)


def test_the_less_is_known_the_wider_the_bands() -> None:
    sizes = [8, 16, 64, 256]
    widths = [
        np.mean([forecast(50 + NOISE[at : at + size], 1, 1).sigma[0] for at in range(0, 140, 7)]) for size in sizes
    ]
    assert widths == sorted(widths, reverse=True)


def test_below_zero_is_possible_where_it_was_before() -> None:
    made = forecast(NOISE[:100], 5, 7)
    assert made.lower80.max() < 0 < made.upper80.min()


@pytest.mark.parametrize("count", range(2, 8))
def test_a_few_points_give_a_forecast_near_them(count: int) -> None:
    values = [30.0, 34, 31, 36, 33, 35, 32][:count]
    made = forecast(values, 6, 7)
    assert made.mean.min() > 25
    assert made.mean.max() < 40
    assert made.upper95.max() < 150


def test_chances_of_lying_above() -> None:
    high, low = forecast(60 + NOISE[:100], 5, 7), forecast(58 + NOISE[100:200], 5, 7)
    chance = high.chance_above(low)
    assert ((chance > 0.9) & (chance < 1)).all()
    assert chance + low.chance_above(high) == pytest.approx(1)
    assert high.chance_above(high) == pytest.approx(0.5)
    certain, equal = forecast([5] * 20, 3, 1), forecast([5] * 30, 3, 1)
    assert certain.chance_above(forecast([4] * 20, 3, 1)) == pytest.approx(1)
    assert forecast([4] * 20, 3, 1).chance_above(certain) == pytest.approx(0)
    assert certain.chance_above(equal) == pytest.approx(0.5)
