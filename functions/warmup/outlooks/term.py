"""One term's entry in the outlook, whether or not it can be forecast."""

from __future__ import annotations

from typing import Any

from warmup.figures import rounded
from warmup.forecasting import CannotForecast
from warmup.outlooks.ahead import LEAST_POINTS, Ahead, look_ahead
from warmup.outlooks.averages import average_ahead, days_within
from warmup.outlooks.concerns import concern, concerns_of_data, concerns_of_forecast
from warmup.outlooks.direction import direction
from warmup.outlooks.horizons import HORIZONS, horizon
from warmup.series import Series, UnusableSeries, read_series

Json = dict[str, Any]

# What an entry holds as long as nothing is known.
_NOTHING: Json = {
    "step": None,
    "lastDate": None,
    "lastValue": None,
    "dataPoints": 0,
    "defects": {},
    "warnings": [],
    "reason": None,
    "direction": None,
    "directionRule": None,
    "change": None,
    "outlooks": {},
    "confidence": None,
    "forecast": [],
}


def term_outlook(term: str, points: Any, position: int) -> tuple[Json, Ahead | None]:
    """Give a term's entry, and its forecast if there is one; otherwise the entry has a warning and a `reason`."""
    entry = {"term": term, **_NOTHING}
    try:
        series = read_series(points, position)
    except UnusableSeries as error:
        return entry | _without_forecast("data_quality_concern", str(error)), None
    entry |= _facts(series)
    try:
        ahead = look_ahead(series)
    except CannotForecast as error:
        code = "insufficient_data" if series.observed < LEAST_POINTS else "data_quality_concern"
        others = [warning for warning in concerns_of_data(series) if warning["code"] != code]
        refusal = _without_forecast(code, str(error))
        return entry | refusal | {"warnings": refusal["warnings"] + others}, None
    return entry | _expectations(series, ahead), ahead


def _without_forecast(code: str, reason: str) -> Json:
    return {"reason": reason, "warnings": [concern(code, f"No forecast: {reason}.")]}


def _facts(series: Series) -> Json:
    return {
        "step": str(series.step),
        "lastDate": series.dates[-1].isoformat(),
        "lastValue": rounded(series.values[-1]),
        "dataPoints": series.observed,
        "defects": dict(series.defects),
    }


def _expectations(series: Series, ahead: Ahead) -> Json:
    """Say what a forecast means: direction, outlooks and warnings; the term's confidence is that of the longest."""
    highest = float(series.values.max())
    averages = {
        days: average_ahead(ahead.forecast, days_within(ahead.dates, ahead.step, ahead.start, days), ahead.step)
        for days in HORIZONS
    }
    outlooks = {str(days): horizon(ahead, days, average, highest) for days, average in averages.items()}
    longest = max(HORIZONS)
    sure = outlooks[str(longest)]["confidence"]
    where = direction(series, averages[longest])
    return {
        "direction": where.name,
        "directionRule": where.rule,
        "change": where.as_json(),
        "outlooks": outlooks,
        "confidence": sure,
        "warnings": [*concerns_of_data(series), *concerns_of_forecast(ahead.forecast, averages[longest], sure)],
        "forecast": [ahead.point(place) for place in range(len(ahead.dates))],
    }
