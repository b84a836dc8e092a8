"""Results and the next claim in one message: both or neither, within the limits, and each as it is alone."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from nightshift.database import Database
from nightshift.errors import DatabaseBusy
from puppet.store import Claim, Limits, Result, claim, exchange, register
from tests.integration.puppet.working import Queue, configuration, done, types, work
from tests.support.databases import DatabaseServer

LIMITS = Limits(batch_size=2, max_concurrent=2)


def succeeded(claimed: Claim) -> list[Result]:
    return [Result(job.id, job.token, "success") for job in claimed]


def test_what_results_free_is_taken_in_the_same_message(jobs: Queue, database: Database) -> None:
    register(database, "p")
    jobs.put(jobs=3)
    first = claim(database, "p", uuid4(), LIMITS)
    before = database.round_trips
    batch = uuid4()
    refused, second = exchange(database, "p", succeeded(first), batch, LIMITS)
    assert database.round_trips == before + 1
    assert (refused, len(second), second.reason) == ([], 1, "claimed")
    assert second.jobs[0].batch_id == batch
    assert jobs.statuses() == {"success": 2, "running": 1}
    assert jobs.run("SELECT batches, processed, succeeded FROM puppet_cron_processor_state") == [[2, 2, 2]]


def test_late_results_are_refused_and_the_claim_is_made(jobs: Queue, database: Database) -> None:
    (job_id, _) = jobs.put(jobs=2)
    refused, claimed = exchange(database, "p", [Result(uuid4(), uuid4(), "success")], uuid4(), LIMITS)
    assert len(refused) == 1
    assert job_id in {str(job.id) for job in claimed}
    again, full = exchange(database, "p", [Result(uuid4(), uuid4(), "success")], uuid4(), LIMITS)
    assert (len(again), len(full), full.reason) == (1, 0, "full")


@pytest.fixture
def claimer(jobs: Queue, database_server: DatabaseServer, postgres_url: str) -> Any:
    """Another processor in the middle of its claim."""
    other = database_server.connect(postgres_url.rpartition("/")[2])
    other.run("BEGIN")
    other.run("SELECT pg_advisory_xact_lock(hashtext('puppet_jobs'), 1)")
    yield other
    other.close()


def test_who_does_not_come_to_a_turn_has_written_nothing(jobs: Queue, database: Database, request: Any) -> None:
    jobs.put(jobs=3)
    first = claim(database, "p", uuid4(), LIMITS)
    request.getfixturevalue("claimer")
    with pytest.raises(DatabaseBusy):
        exchange(database, "p", succeeded(first), uuid4(), LIMITS)
    assert jobs.statuses() == {"running": 2, "pending": 1}


def test_results_do_not_wait_for_a_claimer_that_takes_long(jobs: Queue, database: Database, request: Any) -> None:
    jobs.put(jobs=3)

    def carry_out(job: Any, timeout_s: float) -> Any:
        if not jobs.run("SELECT 1 FROM puppet_jobs WHERE status = 'completed'"):
            request.getfixturevalue("claimer")
        return done(job, timeout_s)

    work(database, types(work=carry_out), configuration(max_concurrent_jobs=1))
    assert jobs.statuses() == {"success": 1, "pending": 2}
    request.getfixturevalue("claimer").run("ROLLBACK")
    work(database, types(work=done))
    assert jobs.statuses() == {"success": 3}
