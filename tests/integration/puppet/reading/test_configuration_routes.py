"""Changing what the processor may do: all or nothing, by whoever saw the last change, with its history."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from nightshift.platform import Platform
from puppet.configuration import PRESETS, read_configuration
from tests.integration.puppet.reading.history import History
from tests.support.door import AS_ADMIN, AS_READER, Answer, Caller

PATH = "/api/cron/config"


def put(call: Caller, version: int | str | None, body: Mapping[str, Any]) -> Answer:
    seen = {} if version is None else {"If-Match": version if isinstance(version, str) else f'"{version}"'}
    return call("PUT", PATH, {**AS_ADMIN, **seen}, body=dict(body))


def stored(history: History) -> Any:
    return history.run("SELECT settings, version FROM job_settings")


class TestReading:
    def test_what_is_deployed_is_in_force_at_first(self, call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PUPPET_MAX_RETRIES", "5")
        answer = call("GET", PATH, AS_READER)
        assert (answer.status, answer.headers["ETag"][:3]) == (200, '"0.')
        assert answer.body["configuration"]["maxRetries"] == 5
        assert (answer.body["version"], answer.body["history"]) == (0, [])
        assert answer.body["presets"] == {name: dict(values) for name, values in PRESETS.items()}
        assert answer.body["bounds"]["maxRetries"] == {"minimum": 0, "maximum": 20}


class TestChanging:
    def test_single_values_change_and_the_others_stay(self, call: Caller, platform: Platform) -> None:
        assert put(call, 0, {"batchSize": 50}).status == 200
        answer = put(call, 1, {"maxRetries": 1})
        assert (answer.status, answer.headers["ETag"], answer.body["version"]) == (200, '"2"', 2)
        assert (answer.body["configuration"]["batchSize"], answer.body["configuration"]["maxRetries"]) == (50, 1)
        in_force = read_configuration(platform.database)
        assert (in_force.batch_size, in_force.max_retries, in_force.updated_by) == (50, 1, "admin")

    def test_the_tag_of_what_was_read_is_the_one_to_send(self, call: Caller) -> None:
        tag = call("GET", PATH, AS_ADMIN).headers["ETag"]
        packed = tag.removesuffix('"') + '-gzip"'
        assert call("PUT", PATH, {**AS_ADMIN, "If-Match": tag}, body={"batchSize": 50}).status == 200
        assert call("PUT", PATH, {**AS_ADMIN, "If-Match": packed}, body={"batchSize": 60}).status == 412
        tag = call("GET", PATH, AS_ADMIN).headers["ETag"]
        packed = tag.removesuffix('"') + '-gzip"'
        assert call("GET", PATH, {**AS_ADMIN, "If-None-Match": packed}).status == 304
        assert call("PUT", PATH, {**AS_ADMIN, "If-Match": packed}, body={"batchSize": 60}).status == 200

    def test_a_preset_is_a_start_that_single_values_refine(self, call: Caller) -> None:
        answer = put(call, 0, {"preset": "small", "maxRetries": 0})
        assert answer.body["configuration"]["batchSize"] == PRESETS["small"]["batchSize"]
        assert (answer.body["configuration"]["maxRetries"], answer.body["preset"]) == (0, None)
        assert put(call, 1, {"preset": "large"}).body["preset"] == "large"

    @pytest.mark.parametrize("preset", PRESETS)
    def test_a_preset_fits_whatever_was_stored_before(self, preset: str, call: Caller) -> None:
        put(call, 0, {"maxConcurrentJobs": 100, "perUserLimit": 90, "stuckAfterSeconds": 900, "jobTimeoutSeconds": 600})
        answer = put(call, 1, {"preset": preset})
        assert (answer.status, answer.body["preset"]) == (200, preset)

    def test_back_to_what_is_deployed(self, call: Caller, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
        put(call, 0, {"preset": "large", "inviteCooldownDays": 5})
        assert put(call, 1, {"preset": "deployed"}).body["preset"] == "medium"
        assert stored(history) == [[{}, 2]]
        monkeypatch.setenv("PUPPET_BATCH_SIZE", "33")
        assert call("GET", PATH, AS_READER).body["configuration"]["batchSize"] == 33

    def test_what_is_stored_wrong_goes_with_the_next_change(self, call: Caller, history: History) -> None:
        history.run(
            "INSERT INTO job_settings (job, settings, updated_by)"
            " VALUES ('puppet-jobs', '{\"batchSize\": 0, \"older\": 1, \"maxRetries\": 7}', 'hand')"
        )
        answer = put(call, 1, {"inviteCooldownDays": 9})
        assert (answer.status, answer.body["problems"]) == (200, [])
        assert stored(history) == [[{"maxRetries": 7, "inviteCooldownDays": 9}, 2]]

    def test_the_history_tells_who_changed_what(self, call: Caller) -> None:
        put(call, 0, {"batchSize": 50})
        call("POST", "/api/cron/stop", AS_ADMIN)
        entries = call("GET", PATH, AS_READER).body["history"]
        assert [(entry["who"], entry["action"]) for entry in entries] == [
            ("admin", "puppet-stop"),
            ("admin", "puppet-config"),
        ]
        assert (entries[1]["before"]["batchSize"], entries[1]["after"]["batchSize"]) == (20, 50)

    def test_what_is_stored_so_already_is_no_change(self, call: Caller) -> None:
        put(call, 0, {"batchSize": 50})
        again = put(call, 1, {"batchSize": 50})
        assert (again.status, again.body["version"], len(again.body["history"])) == (200, 1, 1)

    def test_starting_and_stopping_is_a_change_as_well(self, call: Caller) -> None:
        call("POST", "/api/cron/stop", AS_ADMIN)
        assert put(call, 0, {"batchSize": 50}).status == 412
        assert put(call, 1, {"batchSize": 50}).body["enabled"] is False


class TestRefused:
    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({"batchSize": 0}, {"batchSize"}),
            ({"batchSize": "many", "maxRetries": 21, "inviteCooldownDays": 5}, {"batchSize", "maxRetries"}),
            ({"batchSize": 30, "perUserLimit": 11}, {"perUserLimit"}),
            ({"maxConcurrentJobs": 1}, {"perUserLimit"}),
            ({"jobTimeoutSeconds": 400}, {"stuckAfterSeconds"}),
            ({"preset": "huge"}, {"preset"}),
            ({"batchsize": 3}, {"batchsize"}),
            ({"enabled": False}, {"enabled"}),
        ],
    )
    def test_nothing_changes_where_anything_is_wrong(
        self, body: dict[str, Any], fields: set[str], call: Caller, history: History
    ) -> None:
        answer = put(call, 0, body)
        assert (answer.status, answer.fields) == (422, fields)
        assert stored(history) == []
        assert history.one("SELECT count(*) FROM audit_log") == 0

    def test_a_change_of_nothing_says_what_could_be_changed(self, call: Caller) -> None:
        answer = put(call, 0, {})
        assert answer.status == 422
        assert "maxConcurrentJobs" in answer.body["detail"]

    @pytest.mark.parametrize("seen", [None, "", " "])
    def test_without_a_version_the_present_one_is_told(self, seen: str | None, call: Caller, history: History) -> None:
        answer = put(call, seen, {"batchSize": 5})
        assert (answer.status, answer.fields) == (428, {"If-Match"})
        assert '"0"' in answer.body["detail"]
        assert stored(history) == []

    @pytest.mark.parametrize("seen", ['"1"', "0", '"x"', 'W/"3"', '"01"'])
    def test_another_version_is_refused(self, seen: str, call: Caller, history: History) -> None:
        answer = put(call, seen, {"batchSize": 5})
        assert (answer.status, answer.body["version"], answer.headers["ETag"]) == (412, 0, '"0"')
        assert stored(history) == []

    @pytest.mark.parametrize("seen", ['"0"', 'W/"0"', '"7", "0"', "*"])
    def test_the_version_may_be_written_in_every_usual_way(self, seen: str, call: Caller) -> None:
        assert put(call, seen, {"batchSize": 5}).status == 200

    def test_of_two_who_saw_the_same_one_wins(
        self, call: Caller, history: History, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from puppet import configuring

        store = configuring._store

        def after_another(*given: Any) -> bool:
            monkeypatch.setattr(configuring, "_store", store)
            rival = threading.Thread(
                target=history.run,
                args=("INSERT INTO job_settings (job, updated_by) VALUES ('puppet-jobs', 'the other one')",),
            )
            rival.start()
            rival.join()
            return store(*given)

        monkeypatch.setattr(configuring, "_store", after_another)
        answer = put(call, 0, {"batchSize": 5})
        assert (answer.status, answer.body["version"]) == (412, 1)
        assert stored(history) == [[{}, 1]]
        assert history.one("SELECT count(*) FROM audit_log") == 0
