"""Steering the processor through the door: start, stop, trigger, webhook, reset, status."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.integration.puppet.reading.history import History
from tests.support.door import AS_ADMIN, AS_READER, WEBHOOK_SECRET, Caller

READS = ["status", "health", "queue", "metrics", "insights", "config"]
WRITES = ["start", "stop", "reset-stuck-jobs", "trigger"]


def ok(answer: Any) -> Any:
    assert answer.status == 200, answer.text
    return answer.body


def status(call: Caller) -> Any:
    return ok(call("GET", "/api/cron/status", AS_READER))


class TestGuards:
    @pytest.mark.parametrize("name", READS)
    def test_reads_take_the_read_only_secret(self, name: str, call: Caller) -> None:
        assert call("GET", f"/api/cron/{name}").status == 401
        assert call("GET", f"/api/cron/{name}", AS_READER).status in (200, 503)

    @pytest.mark.parametrize("name", WRITES)
    def test_writes_do_not(self, name: str, call: Caller, history: History) -> None:
        assert call("POST", f"/api/cron/{name}", AS_READER).status == 401
        assert history.one("SELECT count(*) FROM audit_log") == 0

    def test_nor_does_the_configuration(self, call: Caller) -> None:
        assert call("PUT", "/api/cron/config", {**AS_READER, "If-Match": '"0"'}, body={"batchSize": 1}).status == 401


class TestStartAndStop:
    def test_processing_is_on_where_nobody_said_otherwise(self, call: Caller) -> None:
        found = status(call)
        assert (found["enabled"], found["since"], found["by"]) == (True, None, None)

    def test_it_is_stopped_and_started_with_who_and_when(self, call: Caller, history: History) -> None:
        stopped = ok(call("POST", "/api/cron/stop", AS_ADMIN))
        assert (stopped["enabled"], stopped["changed"], stopped["by"]) == (False, True, "admin")
        found = status(call)
        assert (found["enabled"], found["by"], found["since"]) == (False, "admin", stopped["since"])
        assert found["nextRun"] is None

        started = ok(call("POST", "/api/cron/start", AS_ADMIN))
        assert (started["enabled"], started["changed"]) == (True, True)
        assert datetime.fromisoformat(started["since"]) >= datetime.fromisoformat(stopped["since"])
        assert status(call)["nextRun"] is not None
        assert history.run("SELECT who, action, subject, details FROM audit_log ORDER BY id") == [
            ["admin", "puppet-stop", "puppet-jobs", {"before": {"enabled": True}, "after": {"enabled": False}}],
            ["admin", "puppet-start", "puppet-jobs", {"before": {"enabled": False}, "after": {"enabled": True}}],
        ]

    @pytest.mark.parametrize(("first", "second"), [("stop", "stop"), ("start", "start")])
    def test_what_is_so_already_stays_so(self, first: str, second: str, call: Caller, history: History) -> None:
        ok(call("POST", f"/api/cron/{first}", AS_ADMIN))
        entries = history.one("SELECT count(*) FROM audit_log")
        again = ok(call("POST", f"/api/cron/{second}", AS_ADMIN))
        assert (again["enabled"], again["changed"]) == (second == "start", False)
        assert history.one("SELECT count(*) FROM audit_log") == entries
        assert status(call)["enabled"] is (second == "start")

    def test_a_change_of_the_configuration_does_not_hide_who_stopped_it(self, call: Caller) -> None:
        since = ok(call("POST", "/api/cron/stop", AS_ADMIN))["since"]
        version = ok(call("GET", "/api/cron/config", AS_ADMIN))["version"]
        ok(call("PUT", "/api/cron/config", {**AS_ADMIN, "If-Match": f'"{version}"'}, body={"batchSize": 7}))
        found = status(call)
        assert (found["enabled"], found["since"], found["configuration"]["batchSize"]) == (False, since, 7)


class TestTriggers:
    @pytest.mark.parametrize(
        ("path", "headers", "body"),
        [
            ("trigger", AS_ADMIN, None),
            ("webhook", {"X-Webhook-Secret": WEBHOOK_SECRET}, None),
            ("webhook", {}, {"secret": WEBHOOK_SECRET}),
        ],
    )
    def test_a_run_is_begun(
        self, path: str, headers: dict[str, str], body: Any, call: Caller, invoked: list[dict[str, Any]]
    ) -> None:
        answer = call("POST", f"/api/cron/{path}", headers, body=body)
        assert answer.status == 202, answer.text
        assert [event["trigger"] for event in invoked] == ["http"]
        assert invoked[0]["run_id"] == answer.body["runId"]
        assert status(call)["lastRun"]["runId"] == answer.body["runId"]

    @pytest.mark.parametrize(
        ("headers", "body"), [({}, None), ({}, {"secret": "guess"}), ({"X-Webhook-Secret": "guess"}, None)]
    )
    def test_a_webhook_without_its_secret_begins_nothing(
        self, headers: dict[str, str], body: Any, call: Caller, invoked: list[dict[str, Any]]
    ) -> None:
        assert call("POST", "/api/cron/webhook", headers, body=body).status == 401
        assert invoked == []

    def test_runs_go_on_side_by_side(self, call: Caller, invoked: list[dict[str, Any]]) -> None:
        answers = [call("POST", "/api/cron/trigger", AS_ADMIN).status for _ in range(3)]
        assert (answers, len(invoked)) == ([202, 202, 202], 3)


class TestResetStuckJobs:
    def test_abandoned_jobs_come_back_or_fail_and_it_is_written_down(self, call: Caller, history: History) -> None:
        history.job(status="running", attempts=1, beat="10 minutes", count=2)
        history.job(status="running", attempts=4, beat="10 minutes")
        history.job(status="running", attempts=1, beat="10 seconds")
        answer = ok(call("POST", "/api/cron/reset-stuck-jobs", AS_ADMIN))
        assert (answer["reset"], answer["failed"]) == (2, 1)
        assert history.run("SELECT status, count(*) FROM puppet_jobs GROUP BY 1 ORDER BY 1") == [
            ["failed", 1],
            ["pending", 2],
            ["running", 1],
        ]
        assert history.run("SELECT who, action, details FROM audit_log") == [
            ["admin", "puppet-reset-stuck-jobs", {"before": None, "after": {"reset": 2, "failed": 1}}]
        ]
        assert ok(call("POST", "/api/cron/reset-stuck-jobs", AS_ADMIN))["message"] == "No job was stuck"

    def test_how_long_is_stuck_is_configured(self, call: Caller, history: History) -> None:
        history.job(status="running", attempts=1, beat="10 minutes")
        ok(call("PUT", "/api/cron/config", {**AS_ADMIN, "If-Match": '"0"'}, body={"stuckAfterSeconds": 3600}))
        assert ok(call("POST", "/api/cron/reset-stuck-jobs", AS_ADMIN))["reset"] == 0


class TestStatus:
    def test_it_names_who_is_at_work(self, call: Caller, history: History) -> None:
        history.processor("alive", beat="20 seconds")
        history.processor("dead", beat="10 minutes")
        history.processor("done", status="stopped")
        history.job(status="running", processor_id="alive")
        history.job(status="waiting", processor_id="alive")
        found = status(call)
        assert {each["processorId"]: each["isAlive"] for each in found["processors"]} == {"alive": True, "dead": False}
        assert (found["isRunning"], found["inFlight"]) == (True, 2)

    def test_nobody_is_at_work(self, call: Caller, history: History) -> None:
        history.processor("dead", beat="10 minutes")
        found = status(call)
        assert (found["isRunning"], found["inFlight"], found["lastRun"]) == (False, 0, None)

    def test_it_tells_when_it_runs_next_and_what_is_in_force(self, call: Caller) -> None:
        found = status(call)
        assert (found["schedule"], found["scheduleEnabled"]) == ("rate(1 minute)", True)
        assert datetime.fromisoformat(found["nextRun"]).second == 0
        assert (found["preset"], found["version"], found["problems"]) == ("medium", 0, [])

    def test_a_stored_document_that_is_wrong_is_said_and_stops_nothing(self, call: Caller, history: History) -> None:
        history.run(
            "INSERT INTO job_settings (job, settings, updated_by) VALUES ('puppet-jobs', '{\"batchSize\": 0}', 'hand')"
        )
        found = status(call)
        assert found["configuration"]["batchSize"] == 20
        assert found["problems"][0].startswith("batchSize must be a whole number")
