"""What a reader of a forecast should be warned of, each by a rule that its sentence states."""

from __future__ import annotations

from collections.abc import Iterator

from warmup.forecasting import Forecast
from warmup.outlooks.averages import Average
from warmup.series import Series

ENOUGH_POINTS = 14
_LEAST_CONFIDENCE = 0.5
_MOST_SCATTER = 0.3
_MOST_REPAIRS = 0.1
# From the 80 % band to a standard deviation.
_BAND80 = 2 * 1.2816

Concern = dict[str, str]


def concern(code: str, detail: str) -> Concern:
    """Give a warning: a code for programs, a sentence for people."""
    return {"code": code, "detail": detail}


def concerns_of_data(series: Series) -> Iterator[Concern]:
    """Warn of too few points, and of points that had to be repaired."""
    if series.observed < ENOUGH_POINTS:
        yield concern(
            "insufficient_data", f"{series.observed} points are few; from {ENOUGH_POINTS} on there is no warning."
        )
    filled, unreadable = series.defects.get("filled", 0), series.defects.get("unreadable", 0)
    if filled > _MOST_REPAIRS * len(series.dates) or unreadable > _MOST_REPAIRS * (series.observed + unreadable):
        yield concern(
            "data_quality_concern",
            f"{filled} of {len(series.dates)} periods had no value and were filled in, {unreadable} points could not "
            f"be read; more than {_MOST_REPAIRS:.0%} of either is a warning.",
        )
    elif "beforeGap" in series.defects:
        yield concern(
            "data_quality_concern",
            f"{series.defects['beforeGap']} periods before a gap of more than {series.step.longest_gap} periods "
            "were left out.",
        )


def concerns_of_forecast(forecast: Forecast, average: Average, confidence: float) -> Iterator[Concern]:
    """Warn of single periods that scatter much, and of an average over 30 days that is not sure."""
    scatter = float(forecast.upper80[0] - forecast.lower80[0]) / _BAND80
    if scatter > _MOST_SCATTER * average.middle:
        share = f"{scatter / average.middle:.0%} of" if average.middle > 0.01 * scatter else "far more than"
        yield concern(
            "high_volatility",
            f"A single period typically misses its forecast by {share} the expected average; "
            f"from {_MOST_SCATTER:.0%} on is a warning.",
        )
    if confidence < _LEAST_CONFIDENCE:
        yield concern(
            "low_confidence",
            f"The confidence in the average of the next 30 days is {confidence:.0%}; "
            f"below {_LEAST_CONFIDENCE:.0%} is a warning.",
        )
