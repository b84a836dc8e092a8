"""Everything for one comparison, because somebody asked for it: what is fresh stays, the rest is made."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from nightshift import Outcome, Run
from warmup import comparisons, explanations, forecasts
from warmup.caching.statuses import State
from warmup.errors import CacheUnavailable
from warmup.warming import Warming, open_cache

if TYPE_CHECKING:
    from warmup.caching.cache import Cache


def warm_one(run: Run) -> Outcome:
    """Warm the comparison that the run was asked for, from the data that it has now."""
    slug, asked_hash = run.params["slug"], run.params["data_hash"]
    cache = open_cache(run)
    candidate = comparisons.find(run.database, slug)
    if candidate is None:
        return _say(run, cache, Outcome(failed=1, errors=[f"{slug}: there is no such comparison any more"]))
    with explanations.recipe(run) as explaining:
        warming = Warming(run, cache, [forecasts.recipe(), explaining], threads=2)
        tally, not_begun = warming.warm([candidate])
    # The lock carries the hash that was asked for. Newer data is what readers look for now: it is used, and said.
    facts = {"slug": slug} | ({"dataChanged": True} if candidate.data_hash != asked_hash else {})
    outcome = warming.outcome(tally, not_begun, facts=facts, former={}, go_on=run.params)
    return outcome if outcome.processed or outcome.failed or not_begun else _say(run, cache, outcome)


def _say(run: Run, cache: Cache, outcome: Outcome) -> Outcome:
    """Tell readers how a run ended that made nothing: whoever asked for it has marked it as waiting."""
    slug = run.params["slug"]
    reason = next(iter(outcome.errors), None)
    if reason is None and outcome.metadata.get("recentlyFailed"):
        remembered = cache.read(slug, consistent=True).failures.values()
        reason = next((failure.reason for failure in remembered), "it failed a moment ago")
    with suppress(CacheUnavailable):
        cache.tell(slug, State.FAILED if reason else State.READY, run.id, reason)
    return outcome
