"""What cannot be forecast is refused, with a word about what would do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from warmup.forecasting import CannotForecast, forecast

GOOD = [3.0, 4, 5, 4, 3, 4, 5, 4]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], r"values has 0 points; at least 2"),
        ([5.0], r"values has 1 points; at least 2"),
        ([1.0, math.nan, 2], r"values\[1\] is nan"),
        ([1.0, 2, math.inf], r"values\[2\] is inf"),
        ([1.0, None, 2], r"values\[1\] is nan"),
        ([[1.0, 2], [3, 4]], r"values has 2 dimensions; it must have one"),
        (5.0, r"values has 0 dimensions"),
        ([[1.0, 2], [3]], "must be a sequence of numbers"),
        (["a", "b"], "must be a sequence of numbers"),
        ([10**400, 1], "must be a sequence of numbers"),
        ([1j, 2], "must be a sequence of numbers"),
        (["1", "2"], "must be a sequence of numbers"),
        (None, "values has 0 dimensions"),
    ],
)
def test_values(values: Any, said: str) -> None:
    with pytest.raises(CannotForecast, match=said):
        forecast(values, 5, 7)


@pytest.mark.parametrize("length", [0, -1, 2.0, 2.5, "7", None, True, math.nan, np.float64(3)])
def test_lengths(length: Any) -> None:
    with pytest.raises(CannotForecast, match=r"horizon is .*; it must be a whole number of at least 1"):
        forecast(GOOD, length, 7)
    with pytest.raises(CannotForecast, match=r"season_length is .*; it must be a whole number of at least 1"):
        forecast(GOOD, 5, length)


def test_a_horizon_beyond_all_reason() -> None:
    with pytest.raises(CannotForecast, match="horizon is 2001; at most 2000"):
        forecast(GOOD, 2001, 7)
    assert len(forecast(GOOD, 2000, 7).mean) == 2000


def test_a_refusal_is_an_error_about_a_value() -> None:
    assert issubclass(CannotForecast, ValueError)
