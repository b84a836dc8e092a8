"""From an HTTP request (or a schedule) to rows in PostgreSQL, through every process in between."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy import smoke
from deploy.translated import load
from local.aws import client
from local.database import connected
from local.sample_data import puppets
from local.stack import ScheduledEvent
from local.system import LocalSystem

pytestmark = pytest.mark.e2e


def _finished(door: httpx.Client, url: str) -> dict[str, Any]:
    """A run's record once it has ended; the test's own time limit bounds the wait."""
    while True:
        run: dict[str, Any] = door.get(url).json()
        if run["status"] not in ("queued", "running"):
            return run
        time.sleep(0.1)


def _schedule(system: LocalSystem, job: str) -> ScheduledEvent:
    """The schedule of a job."""
    return next(each for each in system.stack.schedules if each.function == system.jobs[job])


def test_the_door_is_closed_without_its_secret(local_system: LocalSystem, door: httpx.Client) -> None:
    assert httpx.get(f"{local_system.door.url}/healthz").status_code == 200
    assert httpx.get(f"{local_system.door.url}/api/jobs").status_code == 401
    assert {job["name"] for job in door.get("/api/jobs").json()["jobs"]} == set(local_system.jobs)


def test_a_job_is_started_over_http_and_leaves_its_record(local_system: LocalSystem, door: httpx.Client) -> None:
    accepted = door.post("/api/jobs/product-checks", json={"limit": 2})
    run = _finished(door, accepted.json()["statusUrl"])

    assert accepted.status_code == 202
    assert (run["status"], run["trigger"], run["processed"]) == ("succeeded", "http", 2)
    with connected(local_system.database.url) as database:
        assert database.run("SELECT count(*) FROM check_runs WHERE run_id = :run", run=run["runId"]) == [[2]]


def test_a_person_signs_in_starts_a_job_and_reads_what_it_wrote(local_system: LocalSystem, door: httpx.Client) -> None:
    as_a_browser = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=local_system.door.url, headers=as_a_browser, timeout=60) as browser:
        secret = (local_system.secrets / "AdminSecret").read_text()
        entered = browser.post("/login", data={"secret": secret})
        # By hand: unlike browsers, httpx sends no cookie that is Secure to 127.0.0.1.
        browser.headers["Cookie"] = entered.headers["Set-Cookie"].partition(";")[0]
        started = browser.post("/jobs/cleanup-reservations/run")
        run = started.headers["Location"]
        status = _finished(door, f"/api{run}")["status"]
        shown = browser.get(run)

    assert (entered.status_code, started.status_code, status) == (303, 303, "succeeded")
    assert "Cleanup reservations: succeeded" in shown.text
    # Its lines are those that the function's process wrote.
    assert run.rpartition("/")[2] in shown.text.partition('aria-label="Log lines"')[2]


def test_puppet_jobs_go_to_their_worker_which_calls_back_through_the_door(
    local_system: LocalSystem, door: httpx.Client
) -> None:
    accepted = door.post("/api/cron/trigger")
    run = _finished(door, accepted.json()["statusUrl"])
    while not local_system.worker.callbacks:
        time.sleep(0.05)
    totals = door.get("/api/cron/metrics").json()["totals"]
    ended = ("succeeded", "failed", "timedOut", "duplicates")

    assert (run["status"], run["processed"], run["failed"]) == ("succeeded", *puppets.ended())
    assert local_system.worker.callbacks == [200]
    # The one that was answered later has succeeded since.
    assert sum(totals[name] for name in ended) == len(puppets.PUPPET_JOBS)
    assert door.get("/api/cron/health").status_code == 200


def test_a_slot_is_run_once_however_often_it_is_delivered(local_system: LocalSystem, door: httpx.Client) -> None:
    schedule = _schedule(local_system, "product-checks")
    event = schedule.input.replace("<aws.scheduler.scheduled-time>", "2026-11-22T15:00:00Z")
    event = json.dumps({**json.loads(event), "params": {"limit": 1}})
    for _ in range(2):
        local_system.functions.invoke_later(schedule.function, event.encode())
        assert local_system.functions.wait_for_events(60)
    runs = door.get("/api/jobs/product-checks/runs").json()["runs"]

    # The second delivery is a successful no-op, not an error that would be retried.
    assert [run["status"] for run in runs if run["trigger"] == "schedule"] == ["skipped", "succeeded"]


def test_a_handler_that_fails_every_time_ends_in_the_queue_of_failed_runs(local_system: LocalSystem) -> None:
    schedule = _schedule(local_system, "product-checks")
    local_system.functions.invoke_later(schedule.function, b'{"trigger": "nonsense"}')
    assert local_system.functions.wait_for_events(60)
    sqs = client("sqs", local_system.functions._environment["AWS_ENDPOINT_URL"])
    policy = next(f for f in local_system.stack.functions if f.name == schedule.function).asynchronous
    url = sqs.get_queue_url(QueueName=policy.on_failure_queue)["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    record = json.loads(message["Body"])

    assert record["requestContext"]["approximateInvokeCount"] == policy.retries + 1
    assert record["responsePayload"]["errorType"] == "InvalidEvent"


def test_secrets_are_private_and_never_logged(local_system: LocalSystem, state: Path) -> None:
    files = list(local_system.secrets.iterdir())
    logs = "".join(log.read_text() for log in (state / "logs").iterdir())

    assert files
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert [file.name for file in files if file.read_text() in logs] == []
    assert local_system.database.url not in logs


def test_the_smoke_test_of_a_deployment_passes_here(
    local_system: LocalSystem, door: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = smoke.open_door(local_system.door.url, door.headers["X-Job-Secret"])

    failed = smoke.tell(smoke.checks(asked, smoke.job_names(load())))

    asked.client.close()
    assert (failed, capsys.readouterr().out.count("\n")) == (0, 5)


def test_the_smoke_test_says_what_is_wrong(local_system: LocalSystem, capsys: pytest.CaptureFixture[str]) -> None:
    asked = smoke.open_door(local_system.door.url, "not the secret")

    failed = smoke.tell(smoke.checks(asked, smoke.job_names(load())))

    asked.client.close()
    assert failed == 1
    assert "GET /api/jobs answered 401, not 200" in capsys.readouterr().out
