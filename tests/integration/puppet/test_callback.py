"""A worker that took a job says later what became of it: once, for the attempt it got, and not too late."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from api.door import Door
from api.settings import load_settings
from nightshift.database import Database
from nightshift.platform import platform
from puppet import routes, store
from puppet.executing import Accepted, JobType
from puppet.signing import Attempt, callback_token
from puppet.store import ClaimedJob
from tests.integration.puppet.working import Queue, outcomes, types, work
from tests.support import planted
from tests.support.aws import Aws
from tests.support.door import Answer, Caller

SECRET, OLD = planted.WORKER, planted.WORKER_BEFORE
_JOBS = {"puppet-jobs": {"function": "puppet", "schedule": "rate(1 minute)", "zone": "UTC", "enabled": True}}


@pytest.fixture
def secret(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = aws.create_secret("puppet-workers", OLD)
    aws.client("secretsmanager").put_secret_value(SecretId="puppet-workers", SecretString=SECRET)
    monkeypatch.setenv("PUPPET_WORKER_SECRET_REF", reference)


@pytest.fixture
def door(postgres_url: str, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Caller]:
    assert postgres_url
    assert aws
    monkeypatch.setenv("JOBS", json.dumps(_JOBS))
    yield Caller(Door(platform(), load_settings(os.environ), [routes]))
    platform().database.close()


class Taken:
    """A job that a worker has taken, and the words it may say of it."""

    def __init__(self, jobs: Queue, database: Database, **columns: Any) -> None:
        (self.id,) = jobs.put(**columns)
        self.claimed: list[ClaimedJob] = []

        def take(job: ClaimedJob, _timeout_s: float) -> Accepted:
            self.claimed.append(job)
            return Accepted()

        work(database, types(work=JobType(take, is_invite=True)))
        self.attempt = Attempt(self.id, self.claimed[-1].attempt, self.claimed[-1].token.hex)

    def token(self, secret: str = SECRET) -> str:
        return callback_token(self.attempt, secret)


def say(door: Caller, job_id: str, token: str, **body: Any) -> Answer:
    return door("POST", f"/api/cron/callback/{job_id}", body={"token": token, **body})


@pytest.fixture
def taken(jobs: Queue, database: Database, secret: None) -> Taken:
    return Taken(jobs, database, payload={"profile": "ada"})


def test_the_result_is_recorded(door: Caller, jobs: Queue, taken: Taken) -> None:
    answer = say(door, taken.id, taken.token(), result={"rows": 7})

    assert (answer.status, answer.body) == (200, {"jobId": taken.id, "attempt": 1, "recorded": True})
    job = jobs.job(taken.id)
    assert (job["status"], job["final_status"], job["result"]) == ("completed", "success", {"rows": 7})
    (entry,) = jobs.logs(taken.id)
    assert (entry["outcome"], entry["duration_ms"] >= 0) == ("success", True)


@pytest.mark.parametrize(
    ("error", "again"),
    [({"type": "rate_limit", "retryAfterSeconds": 500}, True), ({"type": "validation_error"}, False)],
)
def test_a_failure_is_recorded_and_tried_again_where_that_helps(
    door: Caller, jobs: Queue, taken: Taken, error: dict[str, Any], again: bool
) -> None:
    assert say(door, taken.id, taken.token(), status="failed", error=error).status == 200

    job = jobs.job(taken.id)
    assert (job["status"], job["error_type"]) == ("pending" if again else "failed", error["type"])
    if again:
        assert jobs.run("SELECT scheduled_at - now() > interval '450 seconds' FROM puppet_jobs") == [[True]]


def test_an_error_is_a_failure_even_where_the_status_is_left_out(door: Caller, jobs: Queue, taken: Taken) -> None:
    say(door, taken.id, taken.token(), error={"message": "no"})

    assert jobs.job(taken.id)["error"] == "the worker says that the job failed: no"


def test_what_is_said_again_changes_nothing(door: Caller, jobs: Queue, taken: Taken) -> None:
    answers = [say(door, taken.id, taken.token(), result={"n": 1}).status for _ in range(2)]
    contradiction = say(door, taken.id, taken.token(), error={"type": "validation_error"}).status

    assert (answers, contradiction) == ([200, 200], 409)
    assert jobs.job(taken.id)["final_status"] == "success"
    assert sorted(outcomes(jobs.logs(taken.id))) == ["refused", "success"]
    assert jobs.run("SELECT response FROM invite_attempts") == [["success"]]


def test_a_callback_may_come_before_its_202_is_written(
    door: Caller, jobs: Queue, database: Database, secret: None
) -> None:
    (job_id,) = jobs.put()
    said: list[int] = []

    def answer_at_once(job: ClaimedJob, _timeout_s: float) -> Accepted:
        token = callback_token(Attempt(job_id, job.attempt, job.token.hex), SECRET)
        said.append(say(door, job_id, token).status)
        return Accepted()

    tally = work(database, types(work=answer_at_once)).tally

    assert said == [200]
    assert tally.counts["refused"] == 0
    assert (jobs.job(job_id)["final_status"], outcomes(jobs.logs(job_id))) == ("success", ["success"])


def test_what_comes_too_late_is_refused_and_logged(door: Caller, jobs: Queue, database: Database, taken: Taken) -> None:
    jobs.run("UPDATE puppet_jobs SET deadline_at = now() - interval '1 second'")
    store.rescue(database, store.Limits())

    answer = say(door, taken.id, taken.token())

    assert (answer.status, answer.body["type"]) == (409, "/docs/problems.md#attempt-over")
    assert jobs.job(taken.id)["final_status"] is None
    assert sorted(outcomes(jobs.logs(taken.id))) == ["refused", "timeout"]


def test_a_token_is_good_for_its_own_attempt_alone(door: Caller, jobs: Queue, database: Database, taken: Taken) -> None:
    first = taken.token()
    say(door, taken.id, first, error={"type": "network"})
    jobs.make_due()
    work(database, types(work=lambda *_: Accepted()))

    assert say(door, taken.id, first).status == 409
    assert jobs.job(taken.id)["status"] == "waiting"


def test_the_secret_that_was_valid_before_still_is(door: Caller, taken: Taken) -> None:
    assert say(door, taken.id, taken.token(OLD)).status == 200


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("strange", ["another secret", "another job", "another number", "another claim", "nonsense"])
def test_no_stranger_gets_in(door: Caller, jobs: Queue, taken: Taken, strange: str) -> None:
    attempt = taken.attempt
    token = {
        "another secret": callback_token(attempt, "x" * 48),
        "another job": callback_token(Attempt(str(uuid4()), attempt.number, attempt.claim), SECRET),
        "another number": taken.token().replace("1.", "2.", 1),
        "another claim": taken.token().replace(attempt.claim, uuid4().hex),
        "nonsense": "nonsense",
    }[strange]

    assert say(door, taken.id, token).status == 401
    assert jobs.job(taken.id)["status"] == "waiting"


def test_without_a_secret_the_route_is_closed(door: Caller) -> None:
    answer = say(door, str(uuid4()), "1.x.y")

    assert (answer.status, answer.body["type"]) == (503, "/docs/problems.md#no-secret-configured")


def test_a_job_that_is_gone_is_gone(door: Caller, jobs: Queue, taken: Taken) -> None:
    jobs.run("DELETE FROM puppet_jobs")

    assert say(door, taken.id, taken.token()).status == 410


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("not-a-uuid", {"token": "x"}, 404),
        (None, {}, 422),
        (None, {"token": "x", "status": "perhaps"}, 422),
        (None, {"token": "x", "result": [1]}, 422),
        (None, {"token": "x", "rumour": 1}, 422),
        (None, {"token": "x" * 500}, 422),
        (None, {"token": "x", "result": {"a": "x" * 70_000}}, 413),
    ],
)
def test_what_makes_no_sense_is_refused(door: Caller, path: str | None, body: dict[str, Any], status: int) -> None:
    assert door("POST", f"/api/cron/callback/{path or uuid4()}", body=body).status == status


def test_a_result_that_cannot_be_kept_ends_the_job_all_the_same(door: Caller, jobs: Queue, taken: Taken) -> None:
    assert say(door, taken.id, taken.token(), result={"text": "a\x00b"}).status == 200
    assert (jobs.job(taken.id)["final_status"], jobs.job(taken.id)["result"]) == ("success", {"text": "a\ufffdb"})
