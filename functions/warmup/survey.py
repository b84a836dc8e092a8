"""What of the chosen comparisons is due: neither fresh in the cache nor tried in vain a moment ago."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from warmup.caching.cache import Cache, Known
from warmup.caching.entries import Entry, Freshness
from warmup.comparison import Comparison
from warmup.comparisons import Candidate
from warmup.recipes import Recipe


@dataclass(frozen=True)
class Due:
    """One entry to make.

    Attributes:
        older: what the cache has of this kind, and which will have been replaced.
        ends_ms: until when what is there is fresh; 0 where nothing is.
    """

    candidate: Candidate
    recipe: Recipe
    older: tuple[Entry, ...] = ()
    ends_ms: int = 0


@dataclass(frozen=True)
class Survey:
    """What is due, in the order in which it should be made, and how much is not."""

    due: list[Due]
    fresh: int
    failures: list[str]


def look(cache: Cache, candidates: Sequence[Candidate], recipes: Sequence[Recipe], threads: int) -> Survey:
    """Ask the cache for all that it knows of the candidates, several at a time.

    Raises:
        CacheUnavailable: it cannot be asked; without knowing what is fresh, all would be made again.
    """
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="survey") as pool:
        known = list(pool.map(lambda each: cache.read(each.slug, consistent=True), candidates))
    now_ms = cache.now_ms()
    due: list[Due] = []
    failures: list[str] = []
    fresh = 0
    for candidate, of_it in zip(candidates, known, strict=True):
        for recipe in recipes:
            current = of_it.current(recipe.kind, candidate, now_ms)
            if current and current.freshness(now_ms) is Freshness.FRESH and recipe.accepts(current.bundle()):
                fresh += 1
            elif failure := of_it.failure(recipe.kind, candidate, now_ms):
                failures.append(f"{candidate.slug} ({recipe.kind.name}): {failure.reason}")
            else:
                due.append(_due(candidate, recipe, of_it, current))
    return Survey(sorted(due, key=lambda each: (each.candidate.place, each.ends_ms)), fresh, failures)


def _due(candidate: Candidate, recipe: Recipe, known: Known, current: Entry | None) -> Due:
    newest = current or max(known.of_kind(recipe.kind), key=lambda each: each.made_ms, default=None)
    return Due(candidate, recipe, tuple(known.of_kind(recipe.kind)), newest.fresh_until_ms if newest else 0)


@dataclass(frozen=True)
class Task:
    """What is due, with the data that it is made from."""

    due: Due
    comparison: Comparison
