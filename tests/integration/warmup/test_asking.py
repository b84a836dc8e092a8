"""Warmups that are asked for over HTTP: one request to the lock, one invocation, and who comes late joins."""

from __future__ import annotations

from typing import Any

import pytest

from nightshift.platform import Platform
from tests.integration.warmup.door import AS_JOB, AS_SHOP, WARMUP, Workers, count_requests
from tests.integration.warmup.shelf import Shelf, points
from tests.support.door import Caller


class TestAskingForAWarmup:
    def test_it_takes_one_request_to_the_lock_and_one_invocation(
        self, call: Caller, platform: Platform, workers: Workers, shelf: Shelf
    ) -> None:
        candidate = shelf.add("tea-vs-coffee")
        sent = count_requests(platform, "dynamodb", "lambda")
        answer = call("POST", WARMUP, AS_SHOP, body={"slug": "tea-vs-coffee"})

        assert answer.status == 202
        assert answer.headers["Location"] == f"/api/runs/{answer.body['runId']}"
        assert sent == ["dynamodb.UpdateItem", "lambda.Invoke"]
        [event] = workers.events
        assert event["params"] == {"slug": "tea-vs-coffee", "data_hash": candidate.data_hash}

    def test_whoever_comes_while_it_runs_joins_it(
        self, call: Caller, platform: Platform, workers: Workers, shelf: Shelf
    ) -> None:
        shelf.add("tea-vs-coffee")
        first = call("POST", WARMUP, AS_SHOP, body={"slug": "tea-vs-coffee"})
        sent = count_requests(platform, "dynamodb", "lambda")
        second = call("POST", "/api/jobs/warmup-on-demand", AS_SHOP, body={"slug": "tea-vs-coffee"})

        assert (second.status, second.body["runId"]) == (202, first.body["runId"])
        assert (first.body["status"], second.body["status"]) == ("queued", "running")
        assert second.headers["Location"] == first.headers["Location"]
        assert sent[0] == "dynamodb.UpdateItem"
        assert "lambda.Invoke" not in sent
        assert len(workers.events) == 1

    def test_other_data_is_another_run(self, call: Caller, workers: Workers, shelf: Shelf) -> None:
        shelf.add("tea-vs-coffee")
        first = call("POST", WARMUP, AS_SHOP, body={"slug": "tea-vs-coffee"})
        shelf.change("tea-vs-coffee", points(61))
        second = call("POST", WARMUP, AS_SHOP, body={"slug": "tea-vs-coffee"})

        assert first.body["runId"] != second.body["runId"]
        assert len(workers.events) == 2

    def test_it_may_be_awaited(self, call: Caller, workers: Workers, shelf: Shelf) -> None:
        shelf.add("tea-vs-coffee")
        workers.works = True
        answer = call("POST", WARMUP, {**AS_SHOP, "Prefer": "wait=20"}, body={"slug": "tea-vs-coffee"})

        assert (answer.status, answer.body["status"], answer.body["processed"]) == (200, "succeeded", 2)

    def test_what_does_not_exist_is_a_404_and_locks_nothing(
        self, call: Caller, platform: Platform, workers: Workers
    ) -> None:
        sent = count_requests(platform, "dynamodb", "lambda")
        answer = call("POST", WARMUP, AS_SHOP, body={"slug": "nobody-knows"})

        assert (answer.status, answer.body["detail"]) == (404, "there is no comparison nobody-knows")
        assert sent == []
        assert not workers.events

    @pytest.mark.parametrize("path", [WARMUP, "/api/jobs/warmup-on-demand"])
    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, {"slug"}),
            ({"slug": "Tea"}, {"slug"}),
            ({"slug": "x" * 121}, {"slug"}),
            ({"slug": "tea-vs-coffee", "data_hash": "0" * 32}, {"data_hash"}),
        ],
    )
    def test_wrong_input_is_a_400_that_names_the_field(
        self, call: Caller, path: str, body: dict[str, Any], fields: set[str]
    ) -> None:
        answer = call("POST", path, AS_SHOP, body=body)

        assert (answer.status, answer.fields) == (400, fields)


class TestTheNightlyAndTheWeekly:
    @pytest.mark.parametrize("job", ["warmup-forecasts", "warmup-ai-explanations"])
    def test_one_runs_at_a_time(self, call: Caller, workers: Workers, job: str) -> None:
        first = call("POST", f"/api/jobs/{job}", AS_SHOP, body={"limit": 7, "concurrency": 2})
        second = call("POST", f"/api/jobs/{job}", AS_JOB)

        assert (first.status, second.status) == (202, 429)
        assert second.body["runId"] == first.body["runId"]
        assert int(second.headers["Retry-After"]) > 0
        assert workers.events[0]["params"] == {"limit": 7, "concurrency": 2}

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({"limit": 0}, {"limit"}),
            ({"limit": 201, "concurrency": 11}, {"limit", "concurrency"}),
            ({"limit": "many"}, {"limit"}),
            ({"concurrency": 1.5}, {"concurrency"}),
            ({"left": "1,2"}, {"left"}),
            ({"speed": 1}, {"speed"}),
        ],
    )
    def test_bounds_are_kept_by_a_400_that_names_the_field(
        self, call: Caller, workers: Workers, body: dict[str, Any], fields: set[str]
    ) -> None:
        answer = call("POST", "/api/jobs/warmup-forecasts", AS_SHOP, body=body)

        assert (answer.status, answer.fields) == (400, fields)
        assert not workers.events
