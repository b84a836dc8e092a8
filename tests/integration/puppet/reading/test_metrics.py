"""Figures over attempts: what counts as what, filters, bounds, and no figure where there is nothing to count."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.door import Door
from api.settings import load_settings
from nightshift.platform import Platform, PlatformSettings
from nightshift.settings import load
from puppet import routes
from tests.integration.puppet.reading.history import History
from tests.support.databases import DatabaseServer
from tests.support.door import AS_READER, Answer, Caller

OTHER_BATCH = "00000000-0000-0000-0000-00000000000b"


def ask(call: Caller, **query: Any) -> Answer:
    # `from` is a word of Python.
    return call("GET", "/api/cron/metrics", AS_READER, query={n.rstrip("_"): v for n, v in query.items()})


def metrics(call: Caller, **query: Any) -> Any:
    answer = ask(call, **query)
    assert answer.status == 200, answer.text
    return answer.body


class TestFigures:
    def test_nothing_gives_zeros_and_no_rates(self, call: Caller) -> None:
        found = metrics(call)
        assert set(found["totals"].values()) == {0}
        assert found["successRate"] == {"perAttempt": None, "perJob": None}
        assert found["durationMs"] == {"average": None, "median": None, "p95": None, "longest": None}
        assert (found["errors"], found["processors"], found["batches"], found["firstAt"]) == ([], [], [], None)

    def test_only_failures_give_a_rate_of_zero(self, call: Caller, history: History) -> None:
        history.failure(will_retry=True)
        assert metrics(call)["successRate"] == {"perAttempt": 0, "perJob": None}

    def test_what_counts_as_what(self, call: Caller, history: History) -> None:
        history.attempt(count=6)
        history.failure(will_retry=True, count=2)
        history.failure("validation_error")
        history.attempt(outcome="timeout", error_type="timeout")
        history.attempt(outcome="stuck", error_type="timeout", will_retry=True)
        history.attempt(outcome="duplicate", count=3)
        history.attempt(outcome="refused", batch_id=None, error_type="network")
        found = metrics(call)
        assert found["totals"] == {
            "attempts": 11, "succeeded": 6, "failed": 3, "timedOut": 1, "stuck": 1, "retried": 3, "givenUp": 2,
            "duplicates": 3, "refused": 1, "batches": 1,
        }  # fmt: skip
        assert found["successRate"] == {"perAttempt": round(6 / 11, 4), "perJob": 0.75}
        assert found["errors"] == [
            {"errorType": "network", "count": 2, "share": 0.4},
            {"errorType": "timeout", "count": 2, "share": 0.4},
            {"errorType": "validation_error", "count": 1, "share": 0.2},
        ]

    def test_how_long_attempts_took_and_waited(self, call: Caller, history: History) -> None:
        for number in range(1, 101):
            history.attempt(duration_ms=number * 10, waited_ms=number)
        history.attempt(outcome="stuck", duration_ms=900_000, waited_ms=0, error_type="timeout")
        history.attempt(outcome="duplicate", duration_ms=0, waited_ms=900_000)
        found = metrics(call)
        assert found["durationMs"] == {"average": 505.0, "median": 505.0, "p95": 950.5, "longest": 1000}
        assert (found["waitedMs"]["median"], found["waitedMs"]["longest"]) == (50.0, 100)

    def test_by_processor_and_by_batch(self, call: Caller, history: History) -> None:
        history.attempt(count=3, ago="2 hours")
        history.failure(ago="2 hours")
        history.attempt(processor_id="p2", batch_id=OTHER_BATCH, outcome="duplicate")
        found = metrics(call)
        assert [
            (each["processorId"], each["attempts"], each["succeeded"], each["failed"], each["successRate"])
            for each in found["processors"]
        ] == [("p2", 0, 0, 0, None), ("p1", 4, 3, 1, 0.75)]
        assert [
            (each["batchId"][-1], each["jobs"], each["succeeded"], each["failed"], each["duplicates"])
            for each in found["batches"]
        ] == [("b", 1, 0, 0, 1), ("a", 4, 3, 1, 0)]
        assert found["batches"][1]["successRate"] == 0.75
        assert found["batches"][0]["successRate"] is None
        assert len(metrics(call, batches=1)["batches"]) == 1

    def test_filters(self, call: Caller, history: History) -> None:
        history.attempt(count=2)
        history.attempt(user_id="bob")
        history.attempt(user_id="bob", job_type="export")
        assert metrics(call, userId="bob")["totals"]["attempts"] == 2
        assert metrics(call, jobType="send_invite")["totals"]["attempts"] == 3
        both = metrics(call, userId="bob", jobType="export")
        assert (both["totals"]["attempts"], both["filters"]) == (1, {"jobType": "export", "userId": "bob"})
        assert metrics(call, userId="o'hara; --")["totals"]["attempts"] == 0


class TestPeriod:
    def test_a_day_unless_asked_otherwise(self, call: Caller, history: History) -> None:
        history.attempt(ago="23 hours")
        history.attempt(ago="25 hours")
        found = metrics(call)
        assert found["totals"]["attempts"] == 1
        begin, end = (datetime.fromisoformat(found[name]) for name in ("from", "to"))
        assert end - begin == timedelta(hours=24)

    def test_the_beginning_counts_and_the_end_does_not(self, call: Caller, history: History) -> None:
        history.attempt(at="2026-03-01T10:00:00Z")
        history.attempt(at="2026-03-01T11:00:00Z")
        assert metrics(call, from_="2026-03-01T10:00:00Z", to="2026-03-01T11:00:00Z")["totals"]["attempts"] == 1

    def test_an_offset_may_be_sent_as_it_stands(self, call: Caller, history: History) -> None:
        history.attempt(at="2026-03-01T10:30:00Z")
        query = "from=2026-03-01T12:00:00+02:00&to=2026-03-01T11:00:00Z"
        answer = call("GET", "/api/cron/metrics", AS_READER, query=query)
        assert (answer.body["from"], answer.body["totals"]["attempts"]) == ("2026-03-01T10:00:00.000Z", 1)

    def test_with_an_end_alone_the_usual_time_before_it_is_meant(self, call: Caller) -> None:
        assert metrics(call, to="2026-03-02T00:00:00Z")["from"] == "2026-03-01T00:00:00.000Z"

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"from_": "2026-03-01"}, "from"),
            ({"from_": "2026-03-01T10:00:00"}, "from"),
            ({"to": "yesterday"}, "to"),
            ({"to": "2026-13-01T10:00:00Z"}, "to"),
            ({"to": "0001-01-01T00:00:00+14:00"}, "to"),
            ({"from_": "2026-03-01T10:00:00Z", "to": "2026-03-01T10:00:00Z"}, "from"),
            ({"from_": "2025-03-01T10:00:00Z", "to": "2026-03-03T10:00:00Z"}, "from"),
            ({"from_": "9999-01-01T00:00:00Z"}, "from"),
            ({"to": "0001-01-01T00:00:00Z"}, "from"),
            ({"userId": ""}, "userId"),
            ({"jobType": "x" * 201}, "jobType"),
            ({"batches": 0}, "batches"),
            ({"user": "ada"}, "user"),
        ],
    )
    def test_what_is_wrong_is_named(self, query: dict[str, Any], field: str, call: Caller) -> None:
        answer = ask(call, **query)
        assert (answer.status, answer.fields) == (422, {field})

    def test_a_year_is_not_too_long(self, call: Caller) -> None:
        assert ask(call, from_="2025-03-01T10:00:00Z", to="2026-03-01T10:00:00Z").status == 200


class TestReplica:
    def test_figures_come_from_the_replica_and_the_queue_does_not(
        self, database_server: DatabaseServer, call: Caller, history: History, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        history.job(count=2)
        with database_server.database() as replica:
            connection = database_server.connect(replica.rpartition("/")[2])
            History(connection).attempt(count=3)
            connection.close()
            monkeypatch.setenv("ANALYTICS_DATABASE_URL", replica)
            platform = Platform(load(PlatformSettings, os.environ))
            elsewhere = Caller(Door(platform, load_settings(os.environ), (routes,)))
            assert metrics(elsewhere)["totals"]["attempts"] == 3
            insights = elsewhere("GET", "/api/cron/insights", AS_READER)
            assert insights.body["totals"]["attempts"] == 3
            assert elsewhere("GET", "/api/cron/queue", AS_READER).body["states"]["due"]["count"] == 2
            platform.database.close()
            platform.analytics.close()
        assert metrics(call)["totals"]["attempts"] == 0

    @pytest.mark.usefixtures("environment")
    def test_while_it_is_down_only_its_routes_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ANALYTICS_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        platform = Platform(load(PlatformSettings, os.environ))
        elsewhere = Caller(Door(platform, load_settings(os.environ), (routes,)))
        assert ask(elsewhere).status == 503
        assert elsewhere("GET", "/api/cron/queue", AS_READER).status == 200
        platform.database.close()


class TestTooMuch:
    def test_what_takes_too_long_is_cut_off_with_a_hint(self, call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        slow = {"metrics": "SELECT pg_sleep(60), :begin, :until, :job_type, :user_id, :processors, :batches"}
        monkeypatch.setattr("puppet.reading.asking.LONGEST_S", 0.05)
        monkeypatch.setattr("puppet.reading.asking.queries", lambda _package: slow)
        answer = ask(call)
        assert (answer.status, answer.body["type"].rpartition("#")[2]) == (503, "too-much-to-read")
        assert "shorter time" in answer.body["detail"]
        assert call("GET", "/api/cron/queue", AS_READER).status == 200, "the connection is as good as before"

    def test_another_error_is_no_hint(self, call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        wrong = {"metrics": "SELECT 1 / 0, :begin, :until, :job_type, :user_id, :processors, :batches"}
        monkeypatch.setattr("puppet.reading.asking.queries", lambda _package: wrong)
        assert ask(call).status == 500


def test_times_are_in_utc(call: Caller, history: History) -> None:
    history.attempt(at="2026-03-01T10:30:00+02:00")
    found = metrics(call, from_="2026-03-01T00:00:00Z", to="2026-03-02T00:00:00Z")
    assert found["lastAt"] == "2026-03-01T08:30:00.000Z"
    assert datetime.fromisoformat(found["batches"][0]["finishedAt"]) == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
