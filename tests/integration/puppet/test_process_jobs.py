"""The handler of puppet-jobs: what a tick does, records and leaves alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.worker.server import Worker
from nightshift.database import Database
from nightshift.errors import JobFailed
from puppet import store
from puppet.process_jobs import handler
from tests.integration.puppet.working import Queue
from tests.support import planted
from tests.support.aws import Aws

SECRET = planted.WORKER


@pytest.fixture
def worker() -> Iterator[Worker]:
    opened = Worker()
    opened.start(SECRET)
    yield opened
    opened.stop()


@pytest.fixture
def deployed(postgres_url: str, aws: Aws, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment of the function, with a worker on this machine."""
    assert postgres_url
    executors = {"work": {"url": worker.url}, "hang": {"url": worker.url, "timeoutSeconds": 1}}
    monkeypatch.setenv("PUPPET_EXECUTORS", json.dumps(executors))
    monkeypatch.setenv("PUPPET_WORKER_SECRET_REF", aws.create_secret("puppet-workers", SECRET))
    monkeypatch.setenv("PUPPET_ALLOW_LOOPBACK", "true")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:1")
    return monkeypatch


def _event(slot: str = "2026-11-22T15:04:00Z") -> dict[str, Any]:
    return {"trigger": "schedule", "slot": slot}


@pytest.mark.usefixtures("deployed")
def test_a_tick_carries_out_what_is_due_and_records_it(jobs: Queue, worker: Worker) -> None:
    jobs.put(jobs=2)
    jobs.put(payload={"worker": "refuse"})
    jobs.put(payload={"worker": "busy-at-first"})
    jobs.put("hang", payload={"worker": "hang"}, max_retries=0)

    result = handler(_event(), None)

    assert (result["status"], result["processed"], result["failed"]) == ("succeeded", 5, 3)
    assert result["metadata"] == {"claimed": 5, "succeeded": 2, "retried": 1, "timedOut": 1, "batches": 1}
    assert sorted(error.split(": ")[1] for error in result["errors"]) == ["rate_limit", "timeout", "validation_error"]
    assert jobs.statuses() == {"success": 2, "failed": 1, "pending": 1, "timeout": 1}
    assert jobs.run("SELECT status, processed, failed FROM job_runs") == [["succeeded", 5, 3]]
    assert jobs.run("SELECT run_id = (SELECT id FROM job_runs) FROM puppet_cron_processor_state") == [[True]]
    assert len(worker.jobs) == 5


@pytest.mark.usefixtures("deployed")
def test_ticks_do_not_wait_for_each_other_and_one_with_nothing_to_do_says_nothing(jobs: Queue) -> None:
    for slot in ("2026-11-22T15:04:00Z", "2026-11-22T15:05:00Z"):
        result = handler(_event(slot), None)
        assert (result["status"], result["processed"], result["metadata"]) == ("succeeded", 0, {})
    assert jobs.run("SELECT count(*) FROM job_runs WHERE status = 'succeeded'") == [[2]]


@pytest.mark.usefixtures("deployed")
def test_processing_that_is_switched_off_claims_nothing(jobs: Queue) -> None:
    jobs.put()
    jobs.run("INSERT INTO job_settings (job, enabled, updated_by) VALUES ('puppet-jobs', false, 'ada')")

    result = handler(_event(), None)

    assert (result["status"], result["metadata"]) == ("succeeded", {"enabled": False})
    assert jobs.statuses() == {"pending": 1}


def test_where_nobody_is_named_jobs_wait(jobs: Queue, deployed: pytest.MonkeyPatch) -> None:
    jobs.put()
    deployed.setenv("PUPPET_EXECUTORS", "")

    assert handler(_event(), None)["metadata"] == {"enabled": True, "jobTypes": 0}
    assert jobs.statuses() == {"pending": 1}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PUPPET_EXECUTORS", '{"work": {}}', "either url or lambda"),
        ("PUPPET_WORKER_SECRET_REF", "", "PUPPET_WORKER_SECRET_REF is missing"),
        ("PUPPET_WORKER_SECRET_REF", "secretsmanager:nobody", "cannot be read"),
    ],
)
def test_a_wrong_deployment_fails_the_run_and_touches_no_job(
    jobs: Queue, deployed: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    jobs.put()
    deployed.setenv(name, value)

    with pytest.raises(JobFailed, match=said):
        handler(_event(), None)
    assert jobs.statuses() == {"pending": 1}


@pytest.mark.usefixtures("deployed")
def test_jobs_that_were_abandoned_are_counted(jobs: Queue, database: Database) -> None:
    jobs.put()
    store.claim(database, "somebody who died", uuid4(), store.Limits())
    jobs.run("UPDATE puppet_jobs SET heartbeat_at = now() - interval '1 hour'")

    assert handler(_event(), None)["metadata"] == {"claimed": 1, "succeeded": 1, "batches": 1, "stuckReset": 1}
