"""A run of any warmup: what was chosen is held against the cache, what is due is made in threads, all is counted."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nightshift import Outcome, Run
from nightshift.errors import LockUnavailable
from nightshift.settings import load
from warmup import comparisons, crew
from warmup.caching.cache import Cache
from warmup.comparisons import Candidate
from warmup.making import Maker
from warmup.recipes import Recipe
from warmup.settings import CacheSettings
from warmup.survey import Due, Survey, Task, look
from warmup.tally import Tally

if TYPE_CHECKING:
    from nightshift.database import Database


def warm_popular(run: Run, recipe: Recipe, popular: Callable[[Database, int], list[Candidate]]) -> Outcome:
    """Warm the popular comparisons, or those that a former part of the run has left."""
    params = run.params
    left = [int(number) for number in (params["left"] or "").split(",") if number]
    if left:
        candidates, former = comparisons.left_over(run.database, left), comparisons.former_counts(run.database, run.id)
    else:
        candidates, former = popular(run.database, params["limit"]), {}
    warming = Warming(run, open_cache(run), [recipe], params["concurrency"])
    tally, not_begun = warming.warm(candidates)
    return warming.outcome(
        tally,
        not_begun,
        facts={"selected": former.get("selected", len(candidates))},
        former=former,
        go_on={**params, "left": ",".join(str(due.candidate.id) for due in not_begun)},
    )


def open_cache(run: Run) -> Cache:
    """Return the cache of this deployment."""
    return Cache(run.platform.client("dynamodb"), load(CacheSettings, os.environ).cache_table)


class Warming:
    """One part of a run."""

    def __init__(self, run: Run, cache: Cache, recipes: Sequence[Recipe], threads: int) -> None:
        self._run = run
        self._cache = cache
        self._recipes = recipes
        self._threads = threads

    def warm(self, candidates: Sequence[Candidate]) -> tuple[Tally, list[Due]]:
        """Make what is due; return what became of it, and what was not begun.

        Raises:
            CacheUnavailable, NothingCached: the cache does not work.
            LeaseLost: somebody has taken the run's lock away.
        """
        found = look(self._cache, candidates, self._recipes, self._threads)
        tally = Tally(counts={"skippedFresh": found.fresh, "recentlyFailed": len(found.failures)})
        tasks = self._with_points(found, tally)
        maker = Maker(self._run, self._cache, tasks)

        def ended(result: Tally) -> None:
            nonlocal tally
            tally += result
            self._keep_lease()

        not_begun = crew.work(
            tasks,
            maker.make,
            threads=self._threads,
            may_begin=lambda task: not tally.stopped and self._run.time_left_s >= task.due.recipe.needs_s,
            ended=ended,
        )
        return tally, [task.due for task in not_begun]

    def outcome(
        self,
        tally: Tally,
        not_begun: Sequence[Due],
        *,
        facts: Mapping[str, Any],
        former: Mapping[str, Any],
        go_on: Mapping[str, Any],
    ) -> Outcome:
        """Return the run's result; what time was too short for goes on with the parameters `go_on`."""
        self._run.count("EntriesWarmed", tally.processed)
        self._run.count("EntriesNeverRead", float(tally.counts.get("waste", 0)))
        metadata = {**facts, **tally.metadata(former), "left": len(not_begun)}
        if tally.stopped:
            metadata["stopped"] = tally.stopped
        goes_on = bool(not_begun) and not tally.stopped
        return Outcome(tally.processed, tally.failed, tally.errors, metadata, go_on if goes_on else None)

    def _with_points(self, found: Survey, tally: Tally) -> list[Task]:
        """Read the data of what is due, and of nothing else, in one statement."""
        ids = {due.candidate.id: None for due in found.due}
        points = comparisons.with_points(self._run.database, list(ids))
        if gone := len(ids) - len(points):
            tally.add({"gone": gone})
        return [Task(due, points[due.candidate.id]) for due in found.due if due.candidate.id in points]

    def _keep_lease(self) -> None:
        try:
            self._run.checkpoint()
        except LockUnavailable as error:
            # By our own clock the lease is still ours, and a duplicate would only waste work.
            self._run.log.warning("Lock not renewed", degraded=True, error=str(error))
