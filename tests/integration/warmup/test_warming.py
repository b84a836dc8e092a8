"""The two warmups of popular comparisons, by their handlers: what is made, left, counted, remembered and replaced."""

from __future__ import annotations

import time
from typing import Any

import pytest

from nightshift.event import JobEvent
from nightshift.platform import platform
from tests.integration.library.jobs import Context, Invocations
from tests.integration.warmup.shelf import Shelf, points
from warmup import warm_explanations, warm_forecasts, warm_on_demand
from warmup.asking import MOST
from warmup.caching.keys import EXPLANATIONS, FORECASTS, Kind
from warmup.caching.statuses import State

HANDLERS = {FORECASTS: warm_forecasts.handler, EXPLANATIONS: warm_explanations.handler}


@pytest.fixture(autouse=True)
def today(shelf: Shelf) -> None:
    """The handlers live by the real clock."""
    shelf.clock.ms = time.time_ns() // 1_000_000


def _warm(kind: Kind, **params: Any) -> dict[str, Any]:
    return HANDLERS[kind]({"params": params}, None)


@pytest.mark.parametrize("kind", HANDLERS, ids=lambda kind: kind.name)
def test_what_is_popular_is_made_cached_and_told(kind: Kind, shelf: Shelf) -> None:
    candidates = [shelf.add(f"pair-{number}", views=10 + number) for number in range(4)]
    shelf.add("nobody-looks", views=0, created_at="2020-01-01")
    result = _warm(kind)

    assert (result["status"], result["processed"], result["failed"], result["errors"]) == ("succeeded", 4, 0, [])
    assert result["metadata"] == {
        "selected": 4, "skippedFresh": 0, "recentlyFailed": 0, "replaced": 0, "waste": 0, "left": 0,
    }  # fmt: skip
    for candidate in candidates:
        known = shelf.known(candidate.slug)
        entry = known.current(kind, candidate, shelf.clock.ms)
        assert entry
        assert entry.bundle()["dataHash"] == candidate.data_hash
        assert entry.run_id == result["run_id"]
        assert (known.status.state, known.status.run_id) == (State.READY, result["run_id"])
    assert shelf.known("nobody-looks").entries == ()


@pytest.mark.parametrize("kind", HANDLERS, ids=lambda kind: kind.name)
def test_a_second_run_skips_what_is_fresh(kind: Kind, shelf: Shelf) -> None:
    for number in range(3):
        shelf.add(f"pair-{number}")
    _warm(kind)
    before = shelf.items()
    result = _warm(kind)

    assert (result["processed"], result["metadata"]["skippedFresh"], result["metadata"]["selected"]) == (0, 3, 3)
    assert shelf.items() == before


def test_no_more_are_looked_at_than_asked_for(shelf: Shelf) -> None:
    for number in range(3):
        shelf.add(f"pair-{number}", views=10 + number)
    result = _warm(FORECASTS, limit=2, concurrency=1)

    assert (result["processed"], result["metadata"]["selected"]) == (2, 2)
    assert shelf.known("pair-0").entries == ()


@pytest.mark.parametrize(("read", "waste"), [(False, 1), (True, 0)])
def test_new_data_makes_a_new_entry_and_the_old_one_goes_when_it_is_there(shelf: Shelf, read: bool, waste: int) -> None:
    old = shelf.cached(FORECASTS, shelf.add("tea-vs-coffee"), age_days=1)
    other = shelf.cached(EXPLANATIONS, shelf.find("tea-vs-coffee"), age_days=1)
    if read:
        shelf.cache.mark_read(old)
    candidate = shelf.change("tea-vs-coffee", points(61))
    result = _warm(FORECASTS)
    known = shelf.known("tea-vs-coffee")

    assert (result["processed"], result["metadata"]["replaced"], result["metadata"]["waste"]) == (1, 1, waste)
    assert known.current(FORECASTS, candidate, shelf.clock.ms)
    assert len(known.of_kind(FORECASTS)) == 1
    assert known.of_kind(EXPLANATIONS) == [other]


def test_an_entry_that_is_newer_than_ours_is_left_alone(shelf: Shelf) -> None:
    """Of other data, by somebody whose clock is ahead or who was faster."""
    shelf.cached(FORECASTS, shelf.add("tea-vs-coffee"), age_days=-1)
    shelf.change("tea-vs-coffee", points(61))
    result = _warm(FORECASTS)

    assert (result["processed"], result["metadata"]["replaced"]) == (1, 0)
    assert len(shelf.known("tea-vs-coffee").of_kind(FORECASTS)) == 2


def test_an_old_entry_of_the_same_data_is_made_again(shelf: Shelf) -> None:
    candidate = shelf.add("tea-vs-coffee")
    old = shelf.cached(FORECASTS, candidate, age_days=7)
    result = _warm(FORECASTS)
    entry = shelf.known("tea-vs-coffee").current(FORECASTS, candidate, shelf.clock.ms)

    assert (result["processed"], result["metadata"]["replaced"]) == (1, 1)
    assert entry
    assert entry.made_ms > old.made_ms


def test_an_entry_that_cannot_be_read_is_made_again(shelf: Shelf) -> None:
    entry = shelf.cached(FORECASTS, shelf.add("tea-vs-coffee"))
    shelf.aws.client("dynamodb").update_item(
        TableName="nightshift-cache",
        Key={"pk": {"S": entry.slug}, "sk": {"S": entry.key}},
        UpdateExpression="SET body = :broken",
        ExpressionAttributeValues={":broken": {"B": b"no gzip"}},
    )

    assert _warm(FORECASTS)["processed"] == 1
    assert shelf.known("tea-vs-coffee").unreadable == 0


def test_one_broken_comparison_stops_no_other_and_is_left_alone_for_a_while(shelf: Shelf) -> None:
    shelf.add("broken", series=[{"date": "never"}], views=99)
    shelf.add("tea-vs-coffee")
    first, second = _warm(FORECASTS), _warm(FORECASTS)

    assert (first["status"], first["processed"], first["failed"]) == ("succeeded", 1, 1)
    [error] = first["errors"]
    assert error.startswith("broken (forecasts): neither term can be forecast")
    status = shelf.known("broken").status
    assert (status.state, status.run_id) == (State.FAILED, first["run_id"])
    assert status.reason is not None
    assert status.reason.startswith("neither term")
    assert (second["failed"], second["metadata"]["recentlyFailed"], second["metadata"]["skippedFresh"]) == (0, 1, 1)


def test_data_that_has_changed_is_tried_at_once(shelf: Shelf) -> None:
    shelf.add("broken", series=[{"date": "never"}])
    _warm(FORECASTS)
    shelf.change("broken", points())

    assert _warm(FORECASTS)["processed"] == 1


def test_a_run_reports_ten_errors_and_the_count_of_all(shelf: Shelf) -> None:
    for number in range(12):
        shelf.add(f"broken-{number}", series=[])
    result = _warm(FORECASTS)

    assert (result["failed"], len(result["errors"])) == (12, 10)


def test_no_warmup_looks_like_a_visit(shelf: Shelf) -> None:
    """Neither a count nor a time, nor any version of a row is touched."""
    shelf.add("tea-vs-coffee")
    shelf.add("broken", series=[])
    rows = "SELECT xmin::text, c.* FROM comparisons AS c ORDER BY id"
    before = shelf.connection.run(rows)
    for kind in HANDLERS:
        _warm(kind)
    warm_on_demand.handler({"params": {"slug": "tea-vs-coffee"}}, None)

    assert shelf.connection.run(rows) == before


def test_a_long_list_of_left_overs_fits_into_an_event() -> None:
    left = ",".join(str(9_000_000_000_000_000_000 + number) for number in range(MOST))
    for job in (warm_forecasts.WARM_FORECASTS, warm_explanations.WARM_EXPLANATIONS):
        event = JobEvent.parse({"params": {"left": left}}, job.parameters)
        assert event.params["left"] == left


def test_nothing_to_do_is_no_failure() -> None:
    assert _warm(EXPLANATIONS)["metadata"]["selected"] == 0


class TestHandOver:
    def test_what_an_invocation_has_no_time_for_goes_on_in_the_next(self, shelf: Shelf) -> None:
        for number in range(3):
            shelf.add(f"pair-{number}")
        platform()._clients["lambda"] = invocations = Invocations()
        # Less than an entry needs, once what finishing takes is kept back.
        first = warm_forecasts.handler({}, Context(6.0))
        second = warm_forecasts.handler(invocations.events[-1], Context(60.0))

        assert (first["status"], first["processed"], first["metadata"]["left"]) == ("continued", 0, 3)
        assert invocations.events[-1]["part"] == 2
        assert (second["status"], second["processed"], second["run_id"]) == ("succeeded", 3, first["run_id"])
        assert (second["metadata"]["selected"], second["metadata"]["left"]) == (3, 0)
        assert shelf.connection.run("SELECT count(*) FROM job_runs") == [[1]]
