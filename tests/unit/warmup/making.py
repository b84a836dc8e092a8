"""Comparisons for tests, made of lists of values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from warmup.comparison import Comparison
from warmup.forecasting import Forecast
from warmup.series import Series, read_series

SUNDAY = date(2022, 1, 2)
Z80, Z95 = 1.2816, 1.96


def points(a: Sequence[Any], b: Sequence[Any], days: int = 7, first: date = SUNDAY) -> list[dict[str, Any]]:
    """Give points of both terms from `first` on, null where one has no more."""
    return [
        {
            "date": (first + timedelta(days=days * place)).isoformat(),
            "values": [values[place] if place < len(values) else None for values in (a, b)],
        }
        for place in range(max(len(a), len(b)))
    ]


def comparison(stored: Any, terms: tuple[str, str] = ("iced tea", "hot chocolate")) -> Comparison:
    return Comparison(
        id=7, slug="a-vs-b", terms=terms, timeframe="today 5-y", geo="US", data_hash="d41d8cd9", points=stored
    )


def series(values: Sequence[Any], days: int = 7, first: date = SUNDAY) -> Series:
    return read_series(points(values, [], days, first), 0)


def flat_forecast(mean: float, sigma: float, periods: int = 44) -> Forecast:
    """Give a forecast of one level whose errors are normal, with the same deviation at every step."""
    middle = np.full(periods, mean)
    return Forecast(
        mean=middle,
        lower80=middle - Z80 * sigma,
        upper80=middle + Z80 * sigma,
        lower95=middle - Z95 * sigma,
        upper95=middle + Z95 * sigma,
        sigma=np.full(periods, sigma),
        seasonal=False,
        model="",
    )
