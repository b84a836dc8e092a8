"""Whose turn it is: a newcomer waits for nobody who had a turn within the hour, and keeps nobody waiting for longer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from nightshift.database import Database
from puppet.store import Claim, Limits, Result, claim, complete, stop
from tests.integration.puppet.working import Queue

HOGS = 30
FEW = Limits(batch_size=5, max_concurrent=10)
_BACKLOG = """
    INSERT INTO puppet_jobs (user_id, job_type, scheduled_at, concurrency_group)
    SELECT 'hog ' || h, 'visit', now() - interval '1 day' + n * interval '1 s', {group}
    FROM generate_series(1, :hogs) AS h CROSS JOIN generate_series(1, 20) AS n
"""


def work(database: Database, claims: int = 1, limits: Limits = FEW) -> list[str]:
    """Claim and complete so often; return whose jobs they were."""
    served: list[str] = []
    for _ in range(claims):
        claimed = claim(database, "p", uuid4(), limits)
        complete(database, "p", [Result(job.id, job.token, "success") for job in claimed])
        served += users(claimed)
    return served


def users(claimed: Claim) -> list[str]:
    return [job.user_id for job in claimed]


def pretend_turn(jobs: Queue, user: str, ago: str) -> None:
    jobs.run(f"INSERT INTO puppet_turns VALUES (:user, now() - interval '{ago}')", user=user)


def backlog(jobs: Queue, group: str = "NULL") -> None:
    jobs.run(_BACKLOG.format(group=group), hogs=HOGS)


def test_everybody_has_a_turn_before_anybody_has_another(jobs: Queue, database: Database) -> None:
    backlog(jobs)
    rounds = [work(database, HOGS // 5) for _ in range(3)]
    assert [len(set(each)) for each in rounds] == [HOGS] * 3
    # In the same order each time.
    assert rounds[0] == rounds[1] == rounds[2]


@pytest.mark.parametrize("group", ["NULL", "'group ' || h || n", "'one of few ' || n % 4"])
def test_a_newcomer_is_in_the_next_claim_however_many_have_a_backlog(
    jobs: Queue, database: Database, group: str
) -> None:
    backlog(jobs, group)
    # Everybody has been served, long ago or just now.
    work(database, 2 * HOGS // 5)
    for newcomer in ("ann", "bob", "zoe"):
        jobs.put(user_id=newcomer)
        assert newcomer in work(database)


def test_newcomers_come_in_the_order_of_their_jobs(jobs: Queue, database: Database) -> None:
    backlog(jobs)
    work(database, HOGS // 5)
    names = [f"newcomer {n}" for n in range(8)]
    for n, name in enumerate(names):
        jobs.put(user_id=name, scheduled_at=datetime.now().astimezone() - timedelta(seconds=60 - n))
    assert work(database, 2)[:8] == names


@pytest.mark.parametrize(("ago", "comes_first"), [("61 minutes", True), ("55 minutes", False)])
def test_no_stream_of_newcomers_keeps_anybody_waiting_for_more_than_an_hour(
    jobs: Queue, database: Database, ago: str, comes_first: bool
) -> None:
    jobs.put(user_id="patient", scheduled_at="2020-01-01")
    pretend_turn(jobs, "patient", ago)
    served = []
    for n in range(4):
        # Always more newcomers than places, just due.
        for each in range(6):
            jobs.put(user_id=f"newcomer {n} {each}", scheduled_at=datetime.now().astimezone())
        served += work(database)
    assert ("patient" in served) == comes_first


def test_who_comes_again_is_not_new(jobs: Queue, database: Database) -> None:
    for user in ("first", "second"):
        jobs.put(user_id=user, jobs=2, scheduled_at="2020-01-01")
    one = Limits(batch_size=1, max_concurrent=1)
    served = []
    for _ in range(4):
        # Each job of this user comes when the one before it is done.
        jobs.run("DELETE FROM puppet_jobs WHERE user_id = 'again' AND status = 'completed'")
        jobs.put(user_id="again", scheduled_at="2020-01-01")
        served += work(database, 1, one)
    assert served.count("again") < 3
    assert {"first", "second"} < set(served)


def test_priority_comes_before_place(jobs: Queue, database: Database) -> None:
    jobs.put(user_id="served", priority=1)
    pretend_turn(jobs, "served", "1 s")
    jobs.put(user_id="newcomer")
    assert work(database, 2, Limits(batch_size=1)) == ["served", "newcomer"]


def test_a_user_with_jobs_of_many_priorities_has_one_place(jobs: Queue, database: Database) -> None:
    for number in range(40):
        for priority in (0, 3):
            jobs.put(user_id=f"user {number}", jobs=2, priority=priority, scheduled_at="2020-01-01")
    one = Limits(batch_size=4, max_concurrent=10)
    for _ in range(2 * 40 * 2 // 4 // 2):
        work(database, 1, one)
    jobs.put(user_id="newcomer")
    assert "newcomer" in work(database, 1, one)
    rest = work(database, 39 // 4 + 1, one)
    assert len(set(rest)) == len(rest)


def test_when_everybody_had_a_turn_is_written_down_with_the_claim(jobs: Queue, database: Database) -> None:
    jobs.put(user_id="ann", jobs=3)
    jobs.put(user_id="bob")
    claimed = claim(database, "p", uuid4(), Limits(per_user=2))
    turns: list[Any] = jobs.run(
        "SELECT t.user_id, (SELECT max(j.claimed_at) FROM puppet_jobs AS j WHERE j.user_id = t.user_id) <= t.at"
        " AND t.at < now() FROM puppet_turns AS t ORDER BY t.at"
    )
    assert users(claimed)[:2] in (["ann", "bob"], ["bob", "ann"])
    assert sorted(turns) == [["ann", True], ["bob", True]]


def test_turns_of_another_day_are_forgotten(jobs: Queue, database: Database) -> None:
    pretend_turn(jobs, "gone", "25 hours")
    pretend_turn(jobs, "known", "23 hours")
    stop(database, "p")
    assert jobs.run("SELECT user_id FROM puppet_turns") == [["known"]]
