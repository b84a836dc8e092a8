"""Forecast what is popular before anybody asks: the handler of the warmup-forecasts job."""

from __future__ import annotations

from nightshift import Job, Outcome, Run
from warmup.asking import LEFT, parameters

WARM_FORECASTS = Job(
    name="warmup-forecasts",
    lock="warmup:forecasts:lock",
    at_most_s=3600,
    description="Forecast the popular comparisons whose forecast is missing or old.",
    parameters=parameters(limit=50, most=200, concurrency=5),
    internal=(LEFT.name,),
    runs_unlocked=True,
    completed="Forecast warmup completed",
)


@WARM_FORECASTS.handler
def handler(run: Run) -> Outcome:
    """Make what is missing or old, one comparison at a time on each thread."""
    # The engine is loaded at the first run: numpy would double the function's start.
    from warmup.forecasts import warm_forecasts

    return warm_forecasts(run)
