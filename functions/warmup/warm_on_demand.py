"""Warm one comparison because somebody wants to see it: the handler of the warmup-on-demand job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nightshift import Job, Outcome, Run, Text
from nightshift.errors import NotFound

if TYPE_CHECKING:
    from nightshift.platform import Platform

SLUG = Text(
    "slug", 120, "[a-z0-9]+(-[a-z0-9]+)*", "the slug of a comparison, such as tea-vs-coffee", description="Which one."
)
_DATA_HASH = Text(
    "data_hash", 32, "[0-9a-f]{32}", "an MD5 hash", description="Which of its data; follows from the slug."
)


def data_of(platform: Platform, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the hash of the data that the comparison has now: two runs of the same data are one.

    Raises:
        NotFound: there is no such comparison.
    """
    from warmup.comparisons import find

    candidate = find(platform.database, params["slug"])
    if candidate is None:
        raise NotFound(f"there is no comparison {params['slug']}")
    return {_DATA_HASH.name: candidate.data_hash}


WARM_ON_DEMAND = Job(
    name="warmup-on-demand",
    lock="warmup:on-demand:{slug}:{data_hash}",
    at_most_s=1800,
    description="Make the forecasts and explanations of one comparison, as far as they are missing or old.",
    parameters=(SLUG, _DATA_HASH),
    internal=(_DATA_HASH.name,),
    fill_in=data_of,
    runs_unlocked=True,
    completed="On-demand warmup completed",
)


@WARM_ON_DEMAND.handler
def handler(run: Run) -> Outcome:
    """Make what is missing or old."""
    from warmup.on_demand import warm_one

    return warm_one(run)
