"""Starting jobs over HTTP: accepted at once, refused with the holder, awaited where the caller likes."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from nightshift.database import Database
from tests.integration.api.conftest import Workers
from tests.support import door as support
from tests.support.aws import LOCK_TABLE, Aws
from tests.support.door import AS_ADMIN, AS_JOB, Caller, event

TIDY = "/api/jobs/tidy-up"


def _lock(aws: Aws, name: str) -> dict[str, Any]:
    item: dict[str, Any] = aws.client("dynamodb").get_item(TableName=LOCK_TABLE, Key={"pk": {"S": name}})["Item"]
    return item


def test_an_accepted_run_is_locked_recorded_and_handed_over(
    call: Caller, workers: Workers, aws: Aws, database: Database
) -> None:
    answer = call("POST", TIDY, AS_JOB, body={"limit": "7"})

    assert answer.status == 202
    run_id = answer.body["runId"]
    assert answer.body == {"runId": run_id, "job": "tidy-up", "status": "queued", "statusUrl": f"/api/runs/{run_id}"}
    assert answer.headers["Location"] == f"/api/runs/{run_id}"
    lock = _lock(aws, "tidy-up")
    [(function, sent)] = workers.invoked
    assert function == "tidy-lambda"
    assert sent["trigger"] == "http"
    assert sent["run_id"] == run_id
    assert sent["lease"] == {"holder": lock["holder"]["S"], "fence": int(lock["fence"]["N"])}
    assert sent["params"] == {"limit": 7, "dry": False}
    [row] = database.read("SELECT job, status, trigger, who, params FROM job_runs")
    assert row == {
        "job": "tidy-up", "status": "queued", "trigger": "http", "who": "HTTP caller with the job secret",
        "params": {"limit": 7, "dry": False},
    }  # fmt: skip


def test_a_second_caller_is_told_who_runs_it(call: Caller, workers: Workers, aws: Aws) -> None:
    first = call("POST", TIDY, AS_JOB)
    second = call("POST", "/test/tidy-and-wait", AS_ADMIN)

    assert second.status == 429
    assert second.headers["Content-Type"] == "application/problem+json"
    assert 0 < int(second.headers["Retry-After"]) <= 62
    problem = second.body
    assert problem["type"].endswith("already-running")
    assert (problem["job"], problem["lock"], problem["runId"]) == ("tidy-up", "tidy-up", first.body["runId"])
    assert problem["holder"] == _lock(aws, "tidy-up")["holder"]["S"]
    assert problem["who"] == "HTTP caller with the job secret"
    assert problem["since"] < problem["until"]
    assert len(workers.invoked) == 1


def test_a_worker_that_cannot_be_woken_leaves_nothing_locked(
    call: Caller, workers: Workers, database: Database
) -> None:
    workers.refuses = True
    answer = call("POST", TIDY, AS_JOB)

    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert [row["status"] for row in database.read("SELECT status FROM job_runs")] == ["failed"]
    workers.refuses = False
    assert call("POST", TIDY, AS_JOB).status == 202


def test_wrong_parameters_lock_nothing(call: Caller, workers: Workers) -> None:
    answer = call("POST", TIDY, AS_JOB, body={"limit": 0, "speed": 9})

    assert (answer.status, answer.fields) == (422, {"limit", "speed"})
    assert call("POST", "/api/jobs/warm-one", AS_JOB).fields == {"shelf"}
    assert not workers.invoked
    assert call("POST", TIDY, AS_JOB).status == 202


def test_a_caller_may_wait_for_the_result(call: Caller, ends_runs: Workers) -> None:
    answer = call("POST", TIDY, {**AS_JOB, "Prefer": "wait=20"})

    assert answer.status == 200
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert (answer.body["status"], answer.body["processed"]) == ("succeeded", 3)
    assert answer.body == call("GET", answer.headers["Location"], AS_JOB).body
    assert len(ends_runs.invoked) == 1


def test_a_route_may_wait_by_itself_and_answer_in_its_own_form(call: Caller, ends_runs: Workers) -> None:
    waited = call("POST", "/test/tidy-and-wait", AS_ADMIN)

    assert waited.status == 200
    assert waited.body == {"success": True, "run": ends_runs.events[0]["run_id"], "processed": 3}
    assert "Preference-Applied" not in waited.headers


def test_a_caller_need_not_wait_where_the_route_would(call: Caller, workers: Workers) -> None:
    answer = call("POST", "/test/tidy-and-wait", {**AS_ADMIN, "Prefer": "respond-async"})

    assert answer.status == 202
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert answer.body == {"success": True, "run": workers.events[0]["run_id"], "processed": None}


def test_a_result_that_does_not_come_is_a_202(call: Caller, workers: Workers) -> None:
    answer = call("POST", TIDY, {**AS_JOB, "Prefer": "wait=1"})

    assert answer.status == 202
    assert answer.headers["Preference-Applied"] == "wait=1"
    assert answer.body["status"] == "queued"
    assert len(workers.invoked) == 1


def test_nobody_waits_longer_than_the_invocation_lasts(call: Caller, ends_runs: Workers) -> None:
    # The run ends at once and would be seen at the first look, but this invocation has no time left for one.
    answer = call.send(event("POST", TIDY, {**AS_JOB, "Prefer": "wait=25"}), time_left_s=1)

    assert answer.status == 202
    assert len(ends_runs.invoked) == 1


def test_a_lock_for_each_value_lets_other_values_run(call: Caller, workers: Workers) -> None:
    warmup = {"X-Warmup-Secret": support.WARMUP_SECRET}

    assert call("POST", "/api/jobs/warm-one", warmup, body={"shelf": "a"}).status == 202
    assert call("POST", "/api/jobs/warm-one", warmup, body={"shelf": "b"}).status == 202
    refused = call("POST", "/api/jobs/warm-one", warmup, body={"shelf": "a"})
    assert (refused.status, refused.body["lock"], refused.body["job"]) == (429, "warm:a", "warm-one")
    assert [function for function, _ in workers.invoked] == ["warm-lambda", "warm-lambda"]


def test_the_lock_table_out_of_reach_is_a_503(call: Caller, aws: Aws, workers: Workers) -> None:
    aws.client("dynamodb").delete_table(TableName=LOCK_TABLE)

    answer = call("POST", TIDY, AS_JOB)

    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert not workers.invoked


def test_the_database_out_of_reach_is_a_503_and_leaves_nothing_locked(
    make_caller: Callable[[], Caller], aws: Aws, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@127.0.0.1:{closed.getsockname()[1]}/none")
    call = make_caller()

    answers = [
        call("POST", TIDY, AS_JOB),
        call("POST", TIDY, {**AS_JOB, "Idempotency-Key": "k"}),
        call("GET", "/api/jobs", AS_JOB),
    ]

    assert [answer.status for answer in answers] == [503, 503, 503]
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert "holder" not in _lock(aws, "tidy-up")
    assert not workers.invoked
    assert call("GET", "/healthz").status == 200
