"""One comparison, because somebody asked: what is missing is made, what is fresh stays, what went wrong is told."""

from __future__ import annotations

import time
from typing import Any

import pytest

from nightshift.errors import InvalidEvent
from tests.integration.warmup.shelf import Shelf, points
from tests.support.runs import running
from warmup import on_demand, warm_on_demand
from warmup.caching.keys import EXPLANATIONS, FORECASTS, KINDS
from warmup.caching.statuses import State


@pytest.fixture(autouse=True)
def today(shelf: Shelf) -> None:
    shelf.clock.ms = time.time_ns() // 1_000_000


def _warm(slug: str, **params: Any) -> dict[str, Any]:
    return warm_on_demand.handler({"params": {"slug": slug, **params}}, None)


def test_both_kinds_are_made_of_a_comparison_that_nobody_looks_at(shelf: Shelf) -> None:
    candidate = shelf.add("tea-vs-coffee", views=0, created_at="2020-01-01")
    result = _warm("tea-vs-coffee")
    known = shelf.known("tea-vs-coffee")

    assert (result["status"], result["processed"], result["failed"]) == ("succeeded", 2, 0)
    assert result["metadata"]["slug"] == "tea-vs-coffee"
    assert "dataChanged" not in result["metadata"]
    assert all(known.current(kind, candidate, shelf.clock.ms) for kind in KINDS)
    assert (known.status.state, known.status.run_id) == (State.READY, result["run_id"])
    [[lock, params]] = shelf.connection.run("SELECT lock, params FROM job_runs")
    assert lock == f"warmup:on-demand:tea-vs-coffee:{candidate.data_hash}"
    assert params == {"slug": "tea-vs-coffee", "data_hash": candidate.data_hash}


def test_what_is_fresh_is_not_made_again(shelf: Shelf) -> None:
    candidate = shelf.add("tea-vs-coffee")
    fresh = shelf.cached(EXPLANATIONS, candidate, age_days=1)
    first, second = _warm("tea-vs-coffee"), _warm("tea-vs-coffee")

    assert (first["processed"], first["metadata"]["skippedFresh"]) == (1, 1)
    assert (second["processed"], second["metadata"]["skippedFresh"]) == (0, 2)
    assert shelf.known("tea-vs-coffee").current(EXPLANATIONS, candidate, shelf.clock.ms) == fresh
    assert shelf.known("tea-vs-coffee").status.run_id == second["run_id"]
    assert shelf.known("tea-vs-coffee").status.state is State.READY


def test_data_that_has_changed_since_it_was_asked_for_is_what_is_warmed(shelf: Shelf) -> None:
    asked = shelf.add("tea-vs-coffee")
    now = shelf.change("tea-vs-coffee", points(61))
    result = _warm("tea-vs-coffee", data_hash=asked.data_hash)

    assert (result["processed"], result["metadata"]["dataChanged"]) == (2, True)
    assert shelf.known("tea-vs-coffee").current(FORECASTS, now, shelf.clock.ms)


def test_one_part_that_fails_does_not_spoil_the_other_and_readers_are_told(shelf: Shelf) -> None:
    candidate = shelf.add("broken", series=points(3))
    first, second = _warm("broken"), _warm("broken")
    known = shelf.known("broken")

    assert (first["processed"], first["failed"]) == (1, 1)
    assert known.current(EXPLANATIONS, candidate, shelf.clock.ms)
    assert (second["failed"], second["metadata"]["recentlyFailed"]) == (0, 1)
    assert (known.status.state, known.status.run_id) == (State.FAILED, second["run_id"])
    assert known.status.reason is not None
    assert "neither term can be forecast" in known.status.reason


def test_a_comparison_that_vanishes_before_its_run_is_told(shelf: Shelf, postgres_url: str) -> None:
    with running(warm_on_demand.WARM_ON_DEMAND, postgres_url) as run:
        run.params = {"slug": "gone", "data_hash": "0" * 32}
        outcome = on_demand.warm_one(run)

    assert outcome.errors == ["gone: there is no such comparison any more"]
    assert shelf.known("gone").status.state is State.FAILED


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({}, "params: slug is missing"),
        ({"params": {"slug": "Tea & Coffee"}}, "params.slug must be the slug of a comparison"),
        ({"params": {"slug": "tea", "data_hash": "short"}}, "params.data_hash must be"),
        ({"params": {"slug": "nobody-knows"}}, "params: there is no comparison nobody-knows"),
    ],
)
def test_an_event_that_names_nothing_is_refused(shelf: Shelf, event: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        warm_on_demand.handler(event, None)

    assert any(problem in each for each in refused.value.problems)
    assert shelf.connection.run("SELECT count(*) FROM job_runs") == [[0]]
