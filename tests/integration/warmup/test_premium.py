"""What a reader gets: what the cache has, at once; what it lacks is asked for, and nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nightshift.platform import Platform
from tests.integration.warmup.door import AS_JOB, AS_READER, AS_SHOP, PREMIUM, WARMUP, Workers, count_requests
from tests.integration.warmup.shelf import Shelf, points
from tests.support.aws import CACHE_TABLE
from tests.support.door import ADMIN_SECRET, Caller
from warmup import warm_on_demand
from warmup.caching.keys import EXPLANATIONS, FORECASTS
from warmup.caching.statuses import State


class TestReading:
    def test_a_fresh_comparison_is_answered_from_the_cache_alone(
        self, read: Callable[..., Any], platform: Platform, workers: Workers, shelf: Shelf
    ) -> None:
        candidate = shelf.add("tea-vs-coffee")
        entry = shelf.cached(FORECASTS, candidate, points=[1, 2])
        shelf.cached(EXPLANATIONS, candidate, text="why")
        sent = count_requests(platform.hurried, "dynamodb", "lambda")
        body = read()

        assert body["terms"] == ["tea", "coffee"]
        assert body["dataHash"] == candidate.data_hash
        assert body["forecasts"]["state"] == "fresh"
        assert body["forecasts"]["data"] == {"points": [1, 2]}
        assert body["explanations"]["data"] == {"text": "why"}
        assert body["forecasts"]["madeAt"] < body["forecasts"]["freshUntil"] < body["forecasts"]["expiresAt"]
        assert (body["needsWarmup"], body["warmup"]["state"]) == (False, "none")
        # One query, and each entry marked the first time that it is read.
        assert sent == ["dynamodb.Query", "dynamodb.UpdateItem", "dynamodb.UpdateItem"]
        assert shelf.known(entry.slug).entries[0].read_ms
        read()
        assert sent[3:] == ["dynamodb.Query"]
        assert not workers.events

    def test_what_is_missing_is_asked_for_once_and_nobody_waits_for_it(
        self, read: Callable[..., Any], workers: Workers, shelf: Shelf
    ) -> None:
        shelf.add("tea-vs-coffee")
        first, second = read(), read()

        assert first["forecasts"] == {
            "state": "missing", "data": None, "madeAt": None, "freshUntil": None, "expiresAt": None,
        }  # fmt: skip
        assert (first["needsWarmup"], first["warmup"]["state"]) == (True, "queued")
        [event] = workers.events
        assert first["warmup"]["runId"] == second["warmup"]["runId"] == event["run_id"]
        assert second["warmup"]["state"] == "queued"
        [[who]] = shelf.connection.run("SELECT who FROM job_runs")
        assert who == "a reader"

    def test_the_way_from_missing_to_fresh(self, read: Callable[..., Any], workers: Workers, shelf: Shelf) -> None:
        shelf.add("tea-vs-coffee")
        before = read()
        warm_on_demand.handler(workers.events[0], None)
        after = read()

        assert [before[part]["state"] for part in ("forecasts", "explanations")] == ["missing"] * 2
        assert [after[part]["state"] for part in ("forecasts", "explanations")] == ["fresh"] * 2
        assert after["forecasts"]["data"]["terms"][0]["term"] == "tea"
        assert (after["needsWarmup"], after["warmup"]["state"]) == (False, "ready")
        assert after["warmup"]["runId"] == before["warmup"]["runId"]

    @pytest.mark.parametrize("case", ["old", "of older data"])
    def test_what_is_stale_is_served_and_renewed(
        self, read: Callable[..., Any], workers: Workers, shelf: Shelf, case: str
    ) -> None:
        candidate = shelf.add("tea-vs-coffee")
        shelf.cached(FORECASTS, candidate, age_days=8 if case == "old" else 1, points=[1])
        shelf.cached(EXPLANATIONS, candidate, age_days=8 if case == "old" else 1)
        if case != "old":
            shelf.change("tea-vs-coffee", points(61))
        body = read()

        assert (body["forecasts"]["state"], body["forecasts"]["data"]) == ("stale", {"points": [1]})
        assert (body["needsWarmup"], body["warmup"]["state"]) == (True, "queued")
        assert len(workers.events) == 1

    def test_what_has_ended_is_missing(self, read: Callable[..., Any], shelf: Shelf) -> None:
        shelf.cached(FORECASTS, shelf.add("tea-vs-coffee"), age_days=30)

        assert read()["forecasts"]["state"] == "missing"

    def test_an_entry_that_cannot_be_read_is_missing_and_made_again(
        self, read: Callable[..., Any], workers: Workers, shelf: Shelf
    ) -> None:
        entry = shelf.cached(FORECASTS, shelf.add("tea-vs-coffee"))
        shelf.aws.client("dynamodb").update_item(
            TableName=CACHE_TABLE,
            Key={"pk": {"S": entry.slug}, "sk": {"S": entry.key}},
            UpdateExpression="SET body = :broken",
            ExpressionAttributeValues={":broken": {"S": "{"}},
        )
        workers.works = True

        assert read()["forecasts"]["state"] == "missing"
        assert read()["forecasts"]["state"] == "fresh"

    def test_a_warmup_that_is_at_work_is_not_started_again(
        self, read: Callable[..., Any], workers: Workers, shelf: Shelf
    ) -> None:
        shelf.add("tea-vs-coffee")
        shelf.cache.tell("tea-vs-coffee", State.RUNNING, "the nightly run")
        body = read()

        assert body["warmup"] == {"state": "running", "runId": "the nightly run", "reason": None}
        assert not workers.events

    def test_a_warmup_that_died_after_its_last_entry_is_ready(self, read: Callable[..., Any], shelf: Shelf) -> None:
        candidate = shelf.add("tea-vs-coffee")
        shelf.cache.tell("tea-vs-coffee", State.RUNNING, "a run that was killed")
        for kind in (FORECASTS, EXPLANATIONS):
            shelf.cached(kind, candidate)

        assert read()["warmup"] == {"state": "ready", "runId": "a run that was killed", "reason": None}
        shelf.cache.tell("tea-vs-coffee", State.FAILED, "a run that was killed", "it did not come to its end")
        assert read()["warmup"] == {"state": "ready", "runId": "a run that was killed", "reason": None}

    def test_a_run_that_somebody_else_has_asked_for_is_joined(
        self, call: Caller, read: Callable[..., Any], workers: Workers, shelf: Shelf
    ) -> None:
        shelf.add("tea-vs-coffee")
        asked = call("POST", WARMUP, AS_SHOP, body={"slug": "tea-vs-coffee"})
        first, second = read(), read()

        assert first["warmup"] == second["warmup"] == {
            "state": "running", "runId": asked.body["runId"], "reason": None,
        }  # fmt: skip
        assert len(workers.events) == 1

    def test_what_has_just_failed_is_not_tried_by_every_reader(
        self, read: Callable[..., Any], workers: Workers, shelf: Shelf
    ) -> None:
        candidate = shelf.add("broken", series=points(3))
        workers.works = True
        read("broken")
        shelf.connection.run("SELECT 1")
        # The minute of the first reader is over.
        shelf.aws.client("dynamodb").update_item(
            TableName=CACHE_TABLE,
            Key={"pk": {"S": "broken"}, "sk": {"S": "status"}},
            UpdateExpression="SET asked_ms = :long_ago",
            ExpressionAttributeValues={":long_ago": {"N": "1"}},
        )
        body = read("broken")

        assert len(workers.events) == 1
        assert (body["forecasts"]["state"], body["explanations"]["state"]) == ("missing", "fresh")
        assert (body["needsWarmup"], body["warmup"]["state"]) == (True, "failed")
        assert "neither term can be forecast" in body["warmup"]["reason"]
        assert candidate.slug == "broken"

    def test_reading_counts_for_nothing_in_the_popularity(self, read: Callable[..., Any], shelf: Shelf) -> None:
        shelf.add("tea-vs-coffee")
        before = shelf.connection.run("SELECT xmin::text, * FROM comparisons")
        read()

        assert shelf.connection.run("SELECT xmin::text, * FROM comparisons") == before


class TestWhoMayRead:
    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 401),
            ({"X-Warmup-Secret": "wrong"}, 401),
            ({"Authorization": f"Bearer {ADMIN_SECRET}"}, 401),
            (AS_JOB, 200),
            (AS_SHOP, 200),
            (AS_READER, 200),
        ],
    )
    def test_the_warmup_secret_opens_it(self, call: Caller, shelf: Shelf, headers: dict[str, str], status: int) -> None:
        shelf.add("tea-vs-coffee")

        assert call("GET", PREMIUM, headers, query={"slug": "tea-vs-coffee"}).status == status

    def test_the_read_only_secret_reads_and_starts_nothing(
        self, call: Caller, read: Callable[..., Any], workers: Workers, shelf: Shelf
    ) -> None:
        shelf.add("tea-vs-coffee")
        body = read(headers=AS_READER)

        assert (body["needsWarmup"], body["warmup"]["state"]) == (True, "none")
        assert not workers.events
        assert call("POST", WARMUP, AS_READER, body={"slug": "tea-vs-coffee"}).status == 401

    @pytest.mark.parametrize(("query", "status"), [({}, 400), ({"slug": "A B"}, 400), ({"slug": "nobody-knows"}, 404)])
    def test_what_is_asked_for_must_exist(self, call: Caller, query: dict[str, str], status: int) -> None:
        assert call("GET", PREMIUM, AS_SHOP, query=query).status == status
