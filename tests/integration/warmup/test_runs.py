"""A part of a run on its own: its order, its end, what it hands on, and what becomes of it in trouble."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from nightshift.errors import JobFailed, LeaseLost, NightshiftError
from nightshift.job import Run
from nightshift.lock import Locks
from nightshift.platform import Platform
from tests.integration.warmup.shelf import Shelf
from tests.support.aws import CACHE_TABLE, LOCK_TABLE
from tests.support.runs import running
from warmup import comparisons, warm_forecasts, warming
from warmup.caching.cache import Cache
from warmup.caching.keys import EXPLANATIONS, FORECASTS
from warmup.caching.statuses import State
from warmup.comparison import Comparison
from warmup.errors import CacheUnavailable, NothingCached
from warmup.recipes import Made, Recipe
from warmup.warming import Warming

JOB = warm_forecasts.WARM_FORECASTS


class SpentAll(NightshiftError):
    """No more money."""

    used = {"inputTokens": 5, "costUsd": Decimal("0.05")}  # noqa: RUF012  # never changed


class Kitchen:
    """A recipe that writes down what it was asked for, and can be made to do more."""

    def __init__(self, **steps: Any) -> None:
        self.made: list[str] = []
        self._steps = steps

    def recipe(self, needs_s: float = 5.0) -> Recipe:
        return Recipe(FORECASTS, self._make, needs_s, ends_all=(SpentAll,))

    def _make(self, comparison: Comparison, _deadline: float) -> Made:
        self.made.append(comparison.slug)
        step = self._steps.get(comparison.slug.replace("-", "_"))
        if isinstance(step, Exception):
            raise step
        if step:
            step()
        return Made({"points": len(comparison.points)}, {"inputTokens": 10, "costUsd": Decimal("0.1")})


@pytest.fixture
def run(shelf: Shelf, postgres_url: str) -> Iterator[Run]:
    shelf.clock.ms = time.time_ns() // 1_000_000
    with running(JOB, postgres_url) as made:
        yield made


def _popular(run: Run, limit: int = 50) -> list[comparisons.Candidate]:
    return comparisons.popular_for_forecasts(run.database, limit)


def test_the_most_popular_is_first_and_of_equals_what_ends_soonest(shelf: Shelf, run: Run) -> None:
    same = {"views": 5, "last_visited_at": "2026-11-01", "created_at": "2026-01-01"}
    for slug, age_days in {"young": 7, "old": 20, "middle": 10}.items():
        shelf.cached(FORECASTS, shelf.add(slug, **same), age_days=age_days)
    shelf.add("never-made", **same)
    shelf.add("less-popular", views=4)
    shelf.add("most-popular", views=6)
    kitchen = Kitchen()
    Warming(run, shelf.cache, [kitchen.recipe()], threads=1).warm(_popular(run))

    assert kitchen.made == ["most-popular", "never-made", "old", "middle", "young", "less-popular"]


def test_none_is_begun_that_could_not_end_in_time(shelf: Shelf, postgres_url: str) -> None:
    candidates = [shelf.add(f"pair-{number}", views=9 - number) for number in range(4)]
    left_s = [30.0]
    kitchen = Kitchen(pair_1=lambda: left_s.__setitem__(0, 4.9))
    with running(JOB, postgres_url) as run:
        run.monotonic = lambda: -left_s[0]
        warming_up = Warming(run, shelf.cache, [kitchen.recipe(needs_s=5.0)], threads=1)
        tally, left = warming_up.warm(_popular(run))

    assert kitchen.made == ["pair-0", "pair-1"]
    assert tally.processed == 2
    assert [due.candidate for due in left] == [replace(each, place=n + 1) for n, each in enumerate(candidates)][2:]


def test_what_is_left_goes_on_in_a_part_that_counts_on(
    shelf: Shelf, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CACHE_TABLE", CACHE_TABLE)
    for number in range(4):
        shelf.add(f"pair-{number}", views=9 - number)
    params = {"limit": 50, "concurrency": 1, "left": None}
    left_s = [30.0]
    first_half = Kitchen(pair_1=lambda: left_s.__setitem__(0, 0.0))
    with running(JOB, postgres_url) as run:
        run.params = params
        run.monotonic = lambda: -left_s[0]
        first = warming.warm_popular(run, first_half.recipe(), comparisons.popular_for_forecasts)
        assert first.unfinished
        # What a part of a run leaves in its record.
        shelf.connection.run(
            "INSERT INTO job_runs (id, job, lock, trigger, status, who, params, metadata)"
            " VALUES (:id, 'x', 'x', 'manual', 'running', 'x', '{}', :metadata)",
            id=run.id, metadata=json.dumps(dict(first.metadata)),
        )  # fmt: skip
        left_s[0], run.params = 30.0, first.unfinished
        second_half = Kitchen()
        second = warming.warm_popular(run, second_half.recipe(), comparisons.popular_for_forecasts)

    assert (first.processed, first.metadata["left"], first.metadata["costUsd"]) == (2, 2, "0.2")
    assert second_half.made == ["pair-2", "pair-3"]
    assert (second.processed, second.unfinished) == (2, None)
    assert (second.metadata["selected"], second.metadata["left"]) == (4, 0)
    assert (second.metadata["inputTokens"], second.metadata["costUsd"]) == (40, "0.4")


def test_when_the_money_is_spent_nothing_more_is_begun_and_the_run_says_so(shelf: Shelf, run: Run) -> None:
    for number in range(4):
        shelf.add(f"pair-{number}", views=9 - number)
    kitchen = Kitchen(pair_1=SpentAll())
    warming_up = Warming(run, shelf.cache, [kitchen.recipe()], threads=1)
    tally, left = warming_up.warm(_popular(run))
    outcome = warming_up.outcome(tally, left, facts={}, former={}, go_on={"left": "1"})

    assert kitchen.made == ["pair-0", "pair-1"]
    assert outcome.metadata["stopped"] == "No more money."
    assert (outcome.metadata["left"], outcome.unfinished) == (2, None)
    assert outcome.errors == ["pair-1 (forecasts): No more money."]
    # What was spent in vain is spent as well.
    assert (outcome.metadata["inputTokens"], outcome.metadata["costUsd"]) == (15, "0.15")


def test_a_crash_in_one_is_told_without_its_inside(shelf: Shelf, run: Run) -> None:
    shelf.add("pair-0", views=9)
    shelf.add("pair-1", views=8)
    tally, _ = Warming(run, shelf.cache, [Kitchen(pair_0=ValueError("s3cret")).recipe()], threads=1).warm(_popular(run))

    assert (tally.processed, tally.failed) == (1, 1)
    assert tally.errors == ["pair-0 (forecasts): internal error (ValueError)"]
    assert shelf.known("pair-0").status.reason == "internal error (ValueError)"


def test_a_bundle_that_is_no_json_is_a_failure_of_its_own(shelf: Shelf, run: Run) -> None:
    shelf.add("pair-0")
    recipe = Recipe(FORECASTS, lambda *_: Made({"value": float("nan")}), 5.0)
    tally, _ = Warming(run, shelf.cache, [recipe], threads=1).warm(_popular(run))

    assert (tally.processed, tally.failed) == (0, 1)
    assert shelf.known("pair-0").entries == ()


def test_a_comparison_that_vanishes_meanwhile_is_passed_over(shelf: Shelf, run: Run) -> None:
    gone = shelf.add("gone")
    stays = shelf.add("stays")
    shelf.connection.run("DELETE FROM comparisons WHERE slug = 'gone'")
    tally, left = Warming(run, shelf.cache, [Kitchen().recipe()], threads=1).warm([gone, stays])

    assert (tally.processed, tally.counts["gone"], left) == (1, 1, [])


class Faulty:
    """A DynamoDB client of which one operation does something else."""

    def __init__(self, client: Any, operation: str, instead: Any) -> None:
        self._client = client
        self._operation = operation
        self._instead = instead

    def __getattr__(self, name: str) -> Any:
        return self._instead if name == self._operation else getattr(self._client, name)


def _throttled(**_request: Any) -> Any:
    raise ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "PutItem")


def _faulty(shelf: Shelf, operation: str, instead: Any) -> Cache:
    return Cache(Faulty(shelf.aws.client("dynamodb"), operation, instead), CACHE_TABLE, shelf.clock)


def test_a_success_of_which_nothing_is_there_fails_the_run(shelf: Shelf, run: Run) -> None:
    for number in range(4):
        shelf.add(f"pair-{number}")
    kitchen = Kitchen()
    with pytest.raises(NothingCached):
        Warming(run, _faulty(shelf, "put_item", lambda **_: {}), [kitchen.recipe()], threads=1).warm(_popular(run))

    assert len(kitchen.made) == 1


def test_a_cache_that_takes_nothing_ends_the_run_and_says_why(shelf: Shelf, run: Run) -> None:
    for number in range(4):
        shelf.add(f"pair-{number}")
    kitchen = Kitchen()
    with pytest.raises(CacheUnavailable, match="ProvisionedThroughputExceededException"):
        Warming(run, _faulty(shelf, "put_item", _throttled), [kitchen.recipe()], threads=1).warm(_popular(run))

    [slug] = kitchen.made
    assert shelf.known(slug).status.state is State.FAILED


@pytest.mark.parametrize("operation", ["query", "update_item"])
def test_without_a_word_from_the_cache_nothing_is_made(shelf: Shelf, run: Run, operation: str) -> None:
    shelf.add("pair-0")
    kitchen = Kitchen()
    with pytest.raises(CacheUnavailable):
        Warming(run, _faulty(shelf, operation, _throttled), [kitchen.recipe()], threads=1).warm(_popular(run))

    assert kitchen.made == []


def test_what_cannot_be_tidied_up_is_no_failure(shelf: Shelf, run: Run) -> None:
    shelf.cached(FORECASTS, shelf.add("pair-0"), age_days=1)
    shelf.change("pair-0", [])
    cache = _faulty(shelf, "delete_item", _throttled)
    tally, _ = Warming(run, cache, [Kitchen().recipe()], threads=1).warm(_popular(run))

    assert (tally.processed, tally.failed) == (1, 0)
    assert len(shelf.known("pair-0").of_kind(FORECASTS)) == 2


def _leased(run: Run, shelf: Shelf) -> Run:
    platform: Platform = run.platform
    platform.locks = Locks(lambda: shelf.aws.client("dynamodb"), LOCK_TABLE)
    run.monotonic = time.monotonic
    run.deadline = time.monotonic() + 60
    run.lease = platform.locks.acquire(JOB.lock, 60, who="a test", run_id=run.id)
    return run


def test_a_run_whose_lock_an_operator_frees_stops(shelf: Shelf, run: Run) -> None:
    for number in range(4):
        shelf.add(f"pair-{number}", views=9 - number)
    leased = _leased(run, shelf)
    lease = leased.lease
    assert lease
    kitchen = Kitchen(pair_1=lambda: run.platform.locks.force_release(JOB.lock, lease.holder, "somebody"))
    with pytest.raises(LeaseLost):
        Warming(leased, shelf.cache, [kitchen.recipe()], threads=1).warm(_popular(run))

    assert kitchen.made == ["pair-0", "pair-1"]


def test_a_lock_table_that_goes_away_meanwhile_stops_nothing(shelf: Shelf, run: Run) -> None:
    for number in range(3):
        shelf.add(f"pair-{number}", views=9 - number)
    leased = _leased(run, shelf)
    kitchen = Kitchen(pair_0=lambda: shelf.aws.client("dynamodb").delete_table(TableName=LOCK_TABLE))
    tally, _ = Warming(leased, shelf.cache, [kitchen.recipe()], threads=1).warm(_popular(run))

    assert tally.processed == 3


class TestDegraded:
    def test_without_the_lock_table_the_warmup_proceeds_and_says_so(self, shelf: Shelf) -> None:
        candidate = shelf.add("tea-vs-coffee")
        shelf.aws.client("dynamodb").delete_table(TableName=LOCK_TABLE)
        result = warm_forecasts.handler({}, None)

        assert (result["status"], result["processed"], result["metadata"]["degraded"]) == ("succeeded", 1, True)
        assert shelf.known(candidate.slug).newest(FORECASTS, time.time_ns() // 1_000_000)

    def test_with_the_cache_gone_as_well_it_fails_and_says_why(self, shelf: Shelf) -> None:
        shelf.add("tea-vs-coffee")
        for table in (LOCK_TABLE, CACHE_TABLE):
            shelf.aws.client("dynamodb").delete_table(TableName=table)
        with pytest.raises(JobFailed, match="CacheUnavailable: the cache refused: ResourceNotFoundException"):
            warm_forecasts.handler({}, None)

        [[status, error]] = shelf.connection.run("SELECT status, error FROM job_runs")
        assert status == "failed"
        assert "cache" in error


class TestBudget:
    def test_a_spent_budget_ends_the_run_before_anybody_is_asked(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from warmup import warm_explanations

        for number in range(5):
            shelf.add(f"pair-{number}", views=20 - number)
        for name, value in {
            "EXPLAINER": "openai", "EXPLAINER_URL": "http://127.0.0.1:9/v1", "EXPLAINER_MODEL": "gpt-4o-mini",
            "EXPLANATIONS_DAILY_BUDGET_USD": "0.000001",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        result = warm_explanations.handler({"params": {"concurrency": 1}}, None)

        assert (result["status"], result["processed"], result["failed"]) == ("succeeded", 0, 1)
        assert "budget" in result["metadata"]["stopped"]
        assert result["metadata"]["left"] == 4
        assert "budget" in result["errors"][0]
        assert shelf.known("pair-0").of_kind(EXPLANATIONS) == []
