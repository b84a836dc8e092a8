"""Whatever is out of order behind the door: a reader waits for nothing and hears of no failure of ours."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.door import Door
from api.settings import load_settings
from nightshift.connecting import Address
from nightshift.platform import HURRY, Platform
from tests.integration.warmup.door import AS_SHOP, PREMIUM, Workers
from tests.integration.warmup.shelf import DAY_MS, Shelf
from tests.support.aws import LOCK_TABLE
from tests.support.door import Answer, Caller
from warmup import routes
from warmup.caching.keys import FORECASTS


class Silence:
    """A server that takes connections and never says a word."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.taken: list[socket.socket] = []
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def _take(self) -> None:
        while True:
            try:
                self.taken.append(self._listening.accept()[0])
            except OSError:
                return

    def end(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        for each in self.taken:
            each.close()


@pytest.fixture
def silence() -> Iterator[Silence]:
    server = Silence()
    yield server
    server.end()


def _ask(platform: Platform) -> Answer:
    """Ask as a reader, at a door of its own."""
    answer = Caller(Door(platform, load_settings(os.environ), (routes,)))(
        "GET", PREMIUM, AS_SHOP, query={"slug": "tea-vs-coffee"}
    )
    platform.database.close()
    return answer


def _lose_the_database(platform: Platform) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    platform.database.close()
    platform.database._address = lambda **_: Address("127.0.0.1", port, "none", "nobody", "nothing")


class TestTrouble:
    """Whatever is out of order behind the door, a reader gets what there is, with a 200."""

    def test_nobody_waits_longer_than_about_a_second(self) -> None:
        # Query, claim, lock and invocation: none is tried twice.
        assert HURRY.attempts == 1
        assert HURRY.connect_s + HURRY.answer_s < 1

    def test_a_cache_that_says_nothing_is_given_up_at_once(
        self, platform: Platform, silence: Silence, workers: Workers, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shelf.add("tea-vs-coffee")
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", silence.url)
        answer = _ask(Platform(platform.settings))

        assert answer.status == 200
        assert answer.body["forecasts"]["state"] == "missing"
        assert answer.body["warmup"]["reason"] == "the cache cannot be reached at the moment"
        # One try, and no second request to somebody who does not answer.
        assert len(silence.taken) == 1
        assert not workers.events

    def test_a_lambda_that_says_nothing_is_given_up_at_once(
        self, platform: Platform, silence: Silence, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        candidate = shelf.add("tea-vs-coffee")
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", silence.url)
        answer = _ask(Platform(platform.settings))

        assert answer.status == 200
        assert answer.body["warmup"]["state"] == "failed"
        assert answer.body["warmup"]["reason"] == "the warmup could not be started"
        assert len(silence.taken) == 1
        lock = shelf.aws.client("dynamodb").get_item(
            TableName=LOCK_TABLE, Key={"pk": {"S": f"warmup:on-demand:tea-vs-coffee:{candidate.data_hash}"}}
        )["Item"]
        assert "holder" not in lock, "nobody has to wait for a lease that nobody uses"

    def test_a_function_that_cannot_be_started_is_no_concern_of_the_reader(
        self, read: Callable[..., Any], workers: Workers, shelf: Shelf
    ) -> None:
        shelf.add("tea-vs-coffee")
        workers.status = 500
        first, second = read(), read()

        assert first["warmup"]["state"] == second["warmup"]["state"] == "failed"
        [[count]] = shelf.connection.run("SELECT count(*) FROM job_runs")
        assert count == 1, "the next reader tries after a minute"

    def test_without_the_lock_table_the_cache_is_read_all_the_same(
        self, read: Callable[..., Any], workers: Workers, shelf: Shelf
    ) -> None:
        shelf.cached(FORECASTS, shelf.add("tea-vs-coffee"))
        shelf.aws.client("dynamodb").delete_table(TableName=LOCK_TABLE)
        body = read()

        assert (body["forecasts"]["state"], body["explanations"]["state"]) == ("fresh", "missing")
        assert body["warmup"]["state"] == "failed"
        assert not workers.events

    def test_a_door_that_knows_no_such_job_still_reads(
        self, read: Callable[..., Any], shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shelf.add("tea-vs-coffee")
        monkeypatch.setenv("JOBS", "{")

        assert read()["warmup"]["state"] == "failed"

    def test_without_the_database_the_newest_is_served_as_stale(
        self, platform: Platform, read: Callable[..., Any], shelf: Shelf
    ) -> None:
        shelf.cached(FORECASTS, shelf.add("tea-vs-coffee"), points=[1])
        shelf.clock.ms -= DAY_MS
        _lose_the_database(platform)
        body = read()

        assert (body["forecasts"]["state"], body["forecasts"]["data"]) == ("stale", {"points": [1]})
        assert (body["terms"], body["needsWarmup"]) == (None, True)

    def test_without_the_database_and_without_an_entry_it_is_a_503(self, platform: Platform, call: Caller) -> None:
        _lose_the_database(platform)

        assert call("GET", PREMIUM, AS_SHOP, query={"slug": "tea-vs-coffee"}).status == 503
