"""A series' forecast with the days that its periods stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from warmup.figures import rounded
from warmup.forecasting import CannotForecast, Forecast, forecast
from warmup.outlooks.averages import Average, average_ahead, days_within
from warmup.series import Series
from warmup.steps import Step, following

LEAST_POINTS = 7
# Periods that are forecast. More days than the 30 of an outlook, so that two terms can be compared where one ends up to
# two weeks before the other.
PERIODS = {Step.DAILY: 44, Step.WEEKLY: 26, Step.MONTHLY: 12}


@dataclass(frozen=True)
class Ahead:
    """A forecast, the first days of its periods, and their step."""

    dates: Sequence[date]
    step: Step
    forecast: Forecast

    @property
    def start(self) -> date:
        """The first day of the forecast."""
        return self.dates[0]

    def average(self, start: date, days: int) -> Average | None:
        """Return the average over the days from `start` on; None where the forecast does not reach so far."""
        within = days_within(self.dates, self.step, start, days)
        return average_ahead(self.forecast, within, self.step) if within.sum() == days else None

    def point(self, place: int) -> dict[str, Any]:
        """Return one period, JSON-ready."""
        made = self.forecast
        return {
            "date": self.dates[place].isoformat(),
            "mean": rounded(made.mean[place]),
            "lower80": rounded(made.lower80[place]),
            "upper80": rounded(made.upper80[place]),
            "lower95": rounded(made.lower95[place]),
            "upper95": rounded(made.upper95[place]),
        }


def look_ahead(series: Series) -> Ahead:
    """Forecast a series.

    Raises:
        CannotForecast: it has fewer than LEAST_POINTS given values, or the forecaster refuses it.
    """
    if series.observed < LEAST_POINTS:
        raise CannotForecast(
            f"{series.observed} usable point{'s' * (series.observed != 1)}, at least {LEAST_POINTS} are needed"
        )
    periods = PERIODS[series.step]
    made = forecast(series.values, periods, series.season_length)
    if not np.isfinite([made.lower95, made.lower80, made.mean, made.upper80, made.upper95]).all():
        raise CannotForecast("the forecast is beyond all figures")
    return Ahead(following(series.dates[-1], series.step, periods), series.step, made)
