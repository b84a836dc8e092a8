"""Makes one entry and puts it into the cache; in the threads of a run."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from nightshift import Run
from nightshift.errors import NightshiftError
from warmup.caching import entries
from warmup.caching.cache import Cache
from warmup.caching.entries import Entry
from warmup.caching.statuses import State
from warmup.errors import CacheUnavailable, NothingCached
from warmup.survey import Task
from warmup.tally import Tally

# What ends the run, because no further comparison could fare better.
_FATAL = (CacheUnavailable, NothingCached)
_LONGEST_REASON = 300


class Maker:
    """Makes entries for one run; threads share it."""

    def __init__(self, run: Run, cache: Cache, tasks: Iterable[Task]) -> None:
        self._run = run
        self._cache = cache
        self._guard = threading.Lock()
        self._is_confirmed = False
        self._open = Counter(task.comparison.slug for task in tasks)
        self._reasons: dict[str, str] = {}

    def make(self, task: Task) -> Tally:
        """Make one entry; what goes wrong is this comparison's own, unless it is the cache.

        Raises:
            CacheUnavailable, NothingCached: no further comparison could fare better.
        """
        recipe, comparison = task.due.recipe, task.comparison
        # First of all: where the cache cannot be reached, nothing is computed and no money spent.
        self._cache.tell(comparison.slug, State.RUNNING, self._run.id)
        made_ms = self._cache.now_ms()
        tally = Tally()
        try:
            made = recipe.make(comparison, self._run.deadline)
            tally.add(made.used)
            entry = entries.new(
                recipe.kind, comparison, made.bundle, made_ms=made_ms, run_id=self._run.id, fresh_ms=made.fresh_ms
            )
            if self._store(entry):
                tally.add(self._replace(task.due.older, entry))
            tally.processed = 1
        except _FATAL as error:
            self._end(task, str(error))
            raise
        except Exception as error:  # noqa: BLE001  # one comparison never stops the others
            tally += self._failed(task, error)
        self._end(task)
        return tally

    def _store(self, entry: Entry) -> bool:
        """Put an entry into the cache, and read the first one of the run back: a success must not be a mistake."""
        is_newest = self._cache.put(entry)
        with self._guard:
            is_first, self._is_confirmed = not self._is_confirmed, True
        if is_first:
            self._cache.confirm(entry)
        return is_newest

    def _replace(self, older: Iterable[Entry], entry: Entry) -> dict[str, int]:
        """Remove what the new entry stands in for, now that it is there; count what nobody has ever read."""
        replaced = [each for each in older if each.made_ms < entry.made_ms]
        with suppress(CacheUnavailable):  # what stays is older, and ends by itself
            for each in replaced:
                if each.key != entry.key:
                    self._cache.remove(each)
        return {"replaced": len(replaced), "waste": sum(each.read_ms is None for each in replaced)}

    def _failed(self, task: Task, error: Exception) -> Tally:
        recipe, comparison = task.due.recipe, task.comparison
        is_expected = isinstance(error, NightshiftError)
        reason = str(error) if is_expected else f"internal error ({type(error).__name__})"
        reason = reason[:_LONGEST_REASON]
        if not is_expected:
            self._run.log.error("Warmup crashed", slug=comparison.slug, kind=recipe.kind.name, exc_info=error)
        with suppress(CacheUnavailable):
            self._cache.remember_failure(recipe.kind, comparison, reason)
        with self._guard:
            self._reasons.setdefault(comparison.slug, reason)
        tally = Tally(failed=1, errors=[f"{comparison.slug} ({recipe.kind.name}): {reason}"])
        used = getattr(error, "used", None)
        tally.add(used if isinstance(used, dict) else {})
        if isinstance(error, recipe.ends_all):
            tally.stopped = reason
        return tally

    def _end(self, task: Task, reason: str | None = None) -> None:
        """Say how it ended, once nothing more is made of this comparison; a reader's knowledge is no reason to fail."""
        slug = task.comparison.slug
        with self._guard:
            self._open[slug] -= 1
            is_last = not self._open[slug]
            reason = reason or self._reasons.get(slug)
        if is_last or reason:
            with suppress(CacheUnavailable):
                self._cache.tell(slug, State.FAILED if reason else State.READY, self._run.id, reason)
