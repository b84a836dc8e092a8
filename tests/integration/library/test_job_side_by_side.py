"""Jobs that are not exclusive: several runs are at work at once, without a lock and without a fence."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from nightshift import Outcome, Run
from nightshift.errors import JobFailed
from nightshift.handover import accept
from nightshift.platform import platform
from tests.integration.library.jobs import SCHEDULED, Context, Invocations, Said, make, nothing
from tests.support.aws import LOCK_TABLE, Aws


def runs(postgres: Any, columns: str = "status, fence") -> list[Any]:
    return list(postgres.run(f"SELECT {columns} FROM job_runs ORDER BY created_at"))


def locks(aws: Aws) -> list[Any]:
    return list(aws.client("dynamodb").scan(TableName=LOCK_TABLE)["Items"])


def test_a_second_run_begins_while_the_first_is_at_work(aws: Aws, postgres: Any, capsys: Any) -> None:
    def both(run: Run) -> Outcome:
        assert run.lease is None
        run.write("INSERT INTO job_settings (job, updated_by) VALUES (:id, 'test')", id=run.id)
        run.checkpoint()
        if run.trigger == "manual":
            handler(SCHEDULED, Context())
        return Outcome(processed=1)

    _, handler = make(both, exclusive=False)
    result = handler({}, Context())

    assert (result["status"], result["metadata"]) == ("succeeded", {})  # nothing is degraded: it is meant so
    assert runs(postgres) == [["succeeded", None], ["succeeded", None]]
    assert locks(aws) == []
    assert Said(capsys.readouterr().out).messages == ["Job started", "Job started", "Job completed", "Job completed"]


def test_the_door_hands_a_run_over_without_a_lease(aws: Aws, postgres: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    job, handler = make(nothing, exclusive=False)
    invocations = Invocations()
    monkeypatch.setattr(platform(), "_clients", {"lambda": invocations})
    first, second = (accept(platform(), job, "worker", {}, "a caller") for _ in range(2))

    assert runs(postgres, "status") == [["queued"], ["queued"]]
    assert [event["lease"] for event in invocations.events] == [None, None]
    ended = [handler(event, Context())["run_id"] for event in invocations.events]
    assert ended == [first.run_id, second.run_id]
    assert runs(postgres, "status, trigger") == [["succeeded", "http"]] * 2
    assert locks(aws) == []


def test_a_worker_that_cannot_be_woken_leaves_a_failed_run(
    aws: Aws, postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ReadTimeoutError

    job, _ = make(nothing, exclusive=False)
    monkeypatch.setattr(platform(), "_clients", {"lambda": Invocations(ReadTimeoutError(endpoint_url="x"))})

    with pytest.raises(JobFailed, match="could not be woken"):
        accept(platform(), job, "worker", {}, "a caller")
    assert runs(postgres, "status, error_class") == [["failed", "JobFailed"]]


@pytest.mark.usefixtures("aws")
def test_a_run_that_died_is_marked_as_lost_once_its_time_is_over(postgres: Any) -> None:
    job, handler = make(nothing, exclusive=False)
    dead, at_work = uuid4(), uuid4()
    begun = "INSERT INTO job_runs (id, job, lock, trigger, status, who, started_at) VALUES"
    for run_id, age_s in ((dead, job.at_most_s + 61), (at_work, job.at_most_s + 30)):
        values = f"('{run_id}', '{job.name}', '{job.name}', 'schedule', 'running', 'x', now() - interval '{age_s} s')"
        postgres.run(f"{begun} {values}")
    handler({}, Context())

    found = dict(postgres.run("SELECT id, status FROM job_runs WHERE who = 'x'"))
    assert found == {dead: "lost", at_work: "running"}
