"""A sample of real series, where they are at hand: better than the last value on each kind, and bands that hold."""

from __future__ import annotations

import pytest

from benchmarks.forecasting.accuracy import ours
from benchmarks.forecasting.measures import measure, summary
from benchmarks.forecasting.series import FOLDER, HeldOut, groups_of, read

pytestmark = pytest.mark.skipif(not (FOLDER / "series.csv").is_file(), reason=f"no series in {FOLDER}")
SAMPLE = 16


@pytest.fixture(scope="module")
def series() -> list[HeldOut]:
    return read(FOLDER)


def test_every_kind_is_forecast_better_than_naive2(series: list[HeldOut]) -> None:
    for group in groups_of(series):
        kind = [one for one in series if one.group == group]
        result = summary(measure(ours, one) for one in kind[:: max(1, len(kind) // SAMPLE)])
        assert result.owa < 0.95, group
        assert 0.65 < result.mean.within80 < 0.99, group
        assert result.mean.within95 > 0.85, group
