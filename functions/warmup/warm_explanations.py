"""Explain what is popular before anybody asks: the handler of the warmup-ai-explanations job."""

from __future__ import annotations

from nightshift import Job, Outcome, Run
from warmup.asking import LEFT, parameters

WARM_EXPLANATIONS = Job(
    name="warmup-ai-explanations",
    lock="warmup:ai-explanations:lock",
    at_most_s=7200,
    description="Explain the popular comparisons whose explanation is missing or old, within the daily budget.",
    parameters=parameters(limit=30, most=100, concurrency=3),
    internal=(LEFT.name,),
    runs_unlocked=True,
    completed="AI explanation warmup completed",
)


@WARM_EXPLANATIONS.handler
def handler(run: Run) -> Outcome:
    """Make what is missing or old, one comparison at a time on each thread."""
    from warmup.explanations import warm_explanations

    return warm_explanations(run)
