"""Trends over days, types, users and hours, and the advice that comes with them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.puppet.reading.history import History
from tests.support.door import AS_READER, Answer, Caller


def ask(call: Caller, **query: Any) -> Answer:
    return call("GET", "/api/cron/insights", AS_READER, query={n.rstrip("_"): v for n, v in query.items()})


def insights(call: Caller, **query: Any) -> Any:
    answer = ask(call, **query)
    assert answer.status == 200, answer.text
    return answer.body


def test_nothing_gives_empty_days_and_says_why_there_is_no_advice(call: Caller, history: History) -> None:
    found = insights(call, from_="2026-03-01T00:00:00Z", to="2026-03-04T00:00:00Z")
    assert [day["date"] for day in found["daily"]] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    for day in found["daily"]:
        assert (day["attempts"], day["successRate"], day["p95DurationMs"]) == (
            0,
            {"perAttempt": None, "perJob": None},
            None,
        )
    assert (found["byType"], found["byUser"], found["errorPatterns"], found["peakHours"]) == ([], [], [], [])
    assert (found["recommendations"], found["keptSince"]) == ([], None)
    assert "fewer than 20 attempts" in found["note"]


class TestDays:
    def test_days_are_those_of_the_zone(self, call: Caller, history: History) -> None:
        history.attempt(at="2026-03-01T23:30:00Z", count=2)
        history.failure(at="2026-03-02T06:00:00Z")
        span = {"from_": "2026-03-01T06:00:00Z", "to": "2026-03-02T12:00:00Z"}
        in_utc = insights(call, **span)
        assert [(day["date"], day["attempts"]) for day in in_utc["daily"]] == [("2026-03-01", 2), ("2026-03-02", 1)]
        in_new_york = insights(call, **span, zone="America/New_York")
        assert [(day["date"], day["attempts"], day["failed"]) for day in in_new_york["daily"]] == [
            ("2026-03-01", 2, 0),
            ("2026-03-02", 1, 1),
        ]
        in_tokyo = insights(call, **span, zone="Asia/Tokyo")
        assert [(day["date"], day["attempts"]) for day in in_tokyo["daily"]] == [("2026-03-01", 0), ("2026-03-02", 3)]

    def test_days_on_which_clocks_change_are_whole(self, call: Caller, history: History) -> None:
        # In New York 2026-03-08 has 23 hours, and 2026-11-01 has 25.
        for at in ("2026-03-08T04:59:00Z", "2026-03-08T05:00:00Z", "2026-03-09T03:59:00Z", "2026-03-09T04:00:00Z"):
            history.attempt(at=at)
        found = insights(call, from_="2026-03-07T05:00:00Z", to="2026-03-10T04:00:00Z", zone="America/New_York")
        assert [(day["date"][-2:], day["attempts"]) for day in found["daily"]] == [("07", 1), ("08", 2), ("09", 1)]

    def test_a_month_unless_asked_otherwise(self, call: Caller, history: History) -> None:
        history.attempt(ago="29 days")
        history.attempt(ago="31 days")
        found = insights(call)
        assert found["totals"]["attempts"] == 1
        assert len(found["daily"]) in (30, 31)
        assert found["keptSince"] < found["from"]


def test_by_type_user_and_hour(call: Caller, history: History) -> None:
    history.attempt(at="2026-03-01T09:10:00Z", count=3, waited_ms=100)
    history.failure(at="2026-03-01T14:10:00Z", user_id="bob", job_type="export")
    # Begun before the hour in which it ended.
    history.attempt(at="2026-03-01T15:00:10Z", user_id="bob", job_type="export", duration_ms=60_000)
    found = insights(call, from_="2026-03-01T00:00:00Z", to="2026-03-02T00:00:00Z")
    assert [(row["jobType"], row["attempts"], row["share"], row["successRate"]) for row in found["byType"]] == [
        ("send_invite", 3, 0.6, {"perAttempt": 1, "perJob": 1}),
        ("export", 2, 0.4, {"perAttempt": 0.5, "perJob": 0.5}),
    ]
    assert [(row["userId"], row["attempts"], row["failed"]) for row in found["byUser"]] == [
        ("ada", 3, 0),
        ("bob", 2, 1),
    ]
    assert [(row["hour"], row["attempts"]) for row in found["hours"] if row["attempts"]] == [(9, 3), (14, 2)]
    assert len(found["hours"]) == 24
    assert found["peakHours"] == [9, 14]


def test_errors_that_differ_in_numbers_alone_are_one_pattern(call: Caller, history: History) -> None:
    history.failure(error="profile 123 is gone")
    history.failure(error="profile 4567 is gone", user_id="bob")
    history.failure(error="profile 0b6cf1b0-0000-4000-8000-123456789abc is gone")
    history.failure("timeout", error=None)
    found = insights(call)
    assert [(row["errorType"], row["pattern"], row["count"], row["users"]) for row in found["errorPatterns"]] == [
        ("network", "profile # is gone", 3, 2),
        ("timeout", "", 1, 1),
    ]
    assert found["errorPatterns"][0]["share"] == 0.75


class TestAdvice:
    def test_it_names_figure_and_setting(self, call: Caller, history: History) -> None:
        history.attempt(count=18)
        history.failure("rate_limit", count=2)
        [advice] = insights(call)["recommendations"]
        assert (advice["code"], advice["figure"]["name"], advice["figure"]["value"]) == (
            "too-fast",
            "rateLimitShare",
            0.1,
        )
        assert advice["setting"] == {"name": "perUserLimit", "now": 2, "proposed": 1}

    def test_it_judges_by_what_is_in_force(self, call: Caller, history: History) -> None:
        history.attempt(count=18)
        history.failure("rate_limit", count=2)
        history.run(
            "INSERT INTO job_settings (job, settings, updated_by) VALUES ('puppet-jobs', '{\"perUserLimit\": 9}', 'me')"
        )
        assert insights(call)["recommendations"][0]["setting"] == {"name": "perUserLimit", "now": 9, "proposed": 6}

    def test_where_all_is_well_it_says_so(self, call: Caller, history: History) -> None:
        history.attempt(count=20)
        found = insights(call)
        assert (found["recommendations"], found["note"]) == (
            [],
            "No figure crosses its bound; there is nothing to change.",
        )


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "UTC\x00", "a" * 300])
def test_a_zone_that_is_none(zone: str, call: Caller) -> None:
    answer = ask(call, zone=zone)
    assert (answer.status, answer.fields) == (422, {"zone"})


def test_a_zone_that_the_database_does_not_know(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("puppet.reading.period.ZoneInfo", str)
    answer = ask(call, zone="Mars/Olympus")
    assert (answer.status, answer.fields) == (422, {"zone"})
