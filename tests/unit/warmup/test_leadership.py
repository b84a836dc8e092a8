"""Who leads, and when nobody does."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from tests.unit.warmup.making import flat_forecast
from warmup.forecasting import Forecast
from warmup.outlooks.ahead import Ahead
from warmup.outlooks.leadership import leader
from warmup.steps import Step, following

LAST = date(2026, 11, 22)
TERMS = ("iced tea", "hot chocolate")


def ahead(forecast: Forecast, last: date = LAST, step: Step = Step.DAILY) -> Ahead:
    return Ahead(following(last, step, len(forecast.mean)), step, forecast)


def rising(from_: float, by: float, sigma: float = 1.0) -> Forecast:
    made = flat_forecast(0, sigma)
    lines = {name: getattr(made, name) + from_ + by * np.arange(44) for name in
             ("mean", "lower80", "upper80", "lower95", "upper95")}  # fmt: skip
    return Forecast(**lines, sigma=made.sigma, seasonal=False, model="")


@pytest.mark.parametrize(
    ("means", "term", "probability"),
    [((70, 50), 0, 0.99), ((50, 70), 1, 0.99), ((51, 50), 0, 0.58), ((50, 50), None, 0.5), ((50.1, 50), None, 0.51)],
)
def test_the_likelier_one_leads_unless_it_is_even(
    means: tuple[float, float], term: int | None, probability: float
) -> None:
    said = leader(TERMS, [ahead(flat_forecast(mean, 5)) for mean in means])
    assert (said["index"], said["probability"]) == (term, probability)
    assert said["term"] == (None if term is None else TERMS[term])


def test_wider_bands_make_it_less_sure() -> None:
    sure, unsure = (leader(TERMS, [ahead(flat_forecast(60, sigma)), ahead(flat_forecast(50, 1))]) for sigma in (5, 20))
    assert sure["probability"] > unsure["probability"] > 0.5


def test_the_days_compared_are_the_same_for_both() -> None:
    # Ten days later the first will have passed the second; in the first days of each it is behind.
    earlier = ahead(rising(50, 2), LAST - timedelta(days=10))
    said = leader(TERMS, [earlier, ahead(rising(60, 2))])
    assert said["index"] == 0


def test_days_beyond_the_forecast_are_not_compared() -> None:
    earlier = ahead(flat_forecast(60, 1), LAST - timedelta(days=15))
    said = leader(TERMS, [earlier, ahead(flat_forecast(50, 1))])
    assert (said["term"], said["probability"]) == (None, None)


def test_days_can_be_compared_with_weeks() -> None:
    weekly = ahead(flat_forecast(70, 1, 26), LAST - timedelta(days=3), Step.WEEKLY)
    assert leader(TERMS, [ahead(flat_forecast(50, 1)), weekly])["index"] == 1


@pytest.mark.parametrize("missing", [0, 1])
def test_one_forecast_is_not_enough(missing: int) -> None:
    both: list[Ahead | None] = [ahead(flat_forecast(50, 1)), ahead(flat_forecast(60, 1))]
    both[missing] = None
    assert leader(TERMS, both)["term"] is None
