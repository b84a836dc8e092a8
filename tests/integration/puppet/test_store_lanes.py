"""The shop writes while processors claim: nothing is lost, nobody waits, and what was done is cleared away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any
from uuid import uuid4

import pytest

from nightshift.database import Database
from puppet.store import Limits, Result, claim, complete
from tests.integration.puppet.working import Queue
from tests.support.databases import DatabaseServer

LIMITS = Limits(batch_size=100, max_concurrent=1000, per_user=1000)
_PUT = "INSERT INTO puppet_jobs (id, user_id, job_type, scheduled_at) VALUES (:id, 'ann', 'visit', now() + :due)"


@pytest.fixture
def shop(database_server: DatabaseServer, postgres_url: str) -> Iterator[Callable[[], Any]]:
    """Opens further connections of the shop, each inside a transaction and of little patience."""
    with ExitStack() as stack:

        def opened() -> Any:
            connection = stack.enter_context(closing(database_server.connect(postgres_url.rpartition("/")[2])))
            connection.run("SET lock_timeout = '2s'")
            connection.run("BEGIN")
            return connection

        yield opened


def put(connection: Any, due: str = "-1 s") -> str:
    job_id = str(uuid4())
    connection.run(_PUT.replace(":due", f"interval '{due}'"), id=job_id)
    return job_id


def finish(database: Database) -> list[str]:
    claimed = claim(database, "p", uuid4(), LIMITS)
    complete(database, "p", [Result(job.id, job.token, "success") for job in claimed])
    return [str(job.id) for job in claimed]


def lanes(jobs: Queue) -> int:
    return int(jobs.run("SELECT count(*) FROM puppet_lanes")[0][0])


@pytest.mark.parametrize("first", ["-1 h", None], ids=["who has other jobs", "who has none"])
def test_a_job_that_is_committed_after_a_claim_is_found(
    jobs: Queue, database: Database, shop: Callable[[], Any], first: str | None
) -> None:
    if first:
        put_first = jobs.put(user_id="ann", scheduled_at="2020-01-01")
    writer = shop()
    late = put(writer)
    assert finish(database) == (put_first if first else [])
    assert finish(database) == []
    writer.run("COMMIT")
    assert finish(database) == [late]
    assert finish(database) == []
    assert lanes(jobs) == 0


def test_a_job_that_is_committed_after_a_claim_is_found_before_what_is_not_due(
    jobs: Queue, database: Database, shop: Callable[[], Any]
) -> None:
    (first,) = jobs.put(user_id="ann", scheduled_at="2020-01-01")
    jobs.put(user_id="ann", scheduled_at="2999-01-01")
    writer = shop()
    late = put(writer)
    assert finish(database) == [first]
    writer.run("COMMIT")
    assert finish(database) == [late]
    assert lanes(jobs) == 1


def test_a_claim_that_is_under_way_does_not_hide_what_comes_meanwhile(
    jobs: Queue, database: Database, shop: Callable[[], Any]
) -> None:
    (first,) = jobs.put(user_id="ann", scheduled_at="2020-01-01")
    writer = shop()
    with database.transaction():
        assert [str(job.id) for job in claim(database, "p", uuid4(), LIMITS)] == [first]
        # The lane goes with this claim: who comes now makes a new one, and need not wait to know.
        writer.run("SET LOCAL lock_timeout = '100ms'")
        with pytest.raises(Exception, match="55P03"):
            put(writer)
        writer.run("ROLLBACK")
    writer.run("BEGIN")
    late = put(writer)
    writer.run("COMMIT")
    assert finish(database) == [late]


def test_what_is_rolled_back_leaves_nothing(jobs: Queue, database: Database, shop: Callable[[], Any]) -> None:
    jobs.put(user_id="ann", scheduled_at="2020-01-01")
    writer = shop()
    put(writer)
    finish(database)
    assert lanes(jobs) == 1
    writer.run("ROLLBACK")
    assert finish(database) == []
    assert lanes(jobs) == 0


def test_writers_for_one_user_do_not_wait_for_each_other(
    jobs: Queue, database: Database, shop: Callable[[], Any]
) -> None:
    (first,) = jobs.put(user_id="ann", scheduled_at="2020-01-01")
    writers = [shop() for _ in range(3)]
    late = [put(writer) for writer in writers]
    assert finish(database) == [first]
    for writer in reversed(writers):
        writer.run("COMMIT")
    assert sorted(finish(database)) == sorted(late)
    assert lanes(jobs) == 0


def test_a_writer_who_takes_long_does_not_hold_up_others(
    jobs: Queue, database: Database, shop: Callable[[], Any]
) -> None:
    jobs.run(
        "INSERT INTO puppet_jobs (user_id, job_type, scheduled_at)"
        " SELECT 'user ' || n, 'visit', now() - interval '1 day' FROM generate_series(1, 40) AS n"
    )
    writer = shop()
    writer.run(
        "INSERT INTO puppet_jobs (user_id, job_type) SELECT 'user ' || n, 'visit' FROM generate_series(1, 40) AS n"
    )
    (young,) = jobs.put(user_id="zoe")
    few = Limits(batch_size=10, max_concurrent=10)
    seen = []
    for _ in range(6):
        claimed = claim(database, "p", uuid4(), few)
        complete(database, "p", [Result(job.id, job.token, "success") for job in claimed])
        seen += [str(job.id) for job in claimed]
    assert len(seen) == 41
    assert young in seen
    writer.run("COMMIT")
    assert len(finish(database)) == 40


def test_many_rows_of_one_statement_make_a_lane_for_each_user_and_priority(jobs: Queue, database: Database) -> None:
    jobs.run(
        "INSERT INTO puppet_jobs (user_id, job_type, priority)"
        " SELECT 'user ' || n % 7, 'visit', n % 2 FROM generate_series(1, 5000) AS n"
    )
    assert lanes(jobs) == 14


def test_jobs_put_in_any_order_share_a_lane(jobs: Queue, database: Database) -> None:
    for day in ("03", "02", "04", "01"):
        jobs.put(user_id="ann", scheduled_at=f"2020-01-{day}")
    assert lanes(jobs) == 1
    one = Limits(batch_size=1, max_concurrent=1000)
    claimed = [claim(database, "p", uuid4(), one).jobs[0] for _ in range(2)]
    assert [job.scheduled_at.day for job in claimed] == [1, 2]
    assert len(finish(database)) == 2
    assert lanes(jobs) == 0


def test_lanes_that_were_made_at_the_same_time_become_one(
    jobs: Queue, database: Database, shop: Callable[[], Any]
) -> None:
    writers = [shop() for _ in range(3)]
    for writer in writers:
        put(writer)
        put(writer, "1 h")
    for writer in writers:
        writer.run("COMMIT")
    (guest,) = jobs.put(user_id="guest")
    assert lanes(jobs) == 4
    claimed = claim(database, "p", uuid4(), Limits(batch_size=3, max_concurrent=3, per_user=2))
    assert [job.user_id for job in claimed] == ["ann", "guest", "ann"]
    assert str(claimed.jobs[1].id) == guest
    assert lanes(jobs) == 1
    assert len(finish(database)) == 1


def test_an_earlier_job_moves_the_lane_that_is_there_unless_somebody_else_does(
    jobs: Queue, database: Database, shop: Callable[[], Any]
) -> None:
    jobs.put(user_id="ann", scheduled_at="2999-01-01")
    first, second = shop(), shop()
    early = [put(first), put(second)]
    assert finish(database) == []
    second.run("COMMIT")
    assert finish(database) == [early[1]]
    first.run("COMMIT")
    assert finish(database) == [early[0]]


def test_a_claim_looks_behind_a_lane_whose_first_job_was_put_off(jobs: Queue, database: Database) -> None:
    (put_off,) = jobs.put(user_id="ann", scheduled_at="2020-01-01")
    (next_one,) = jobs.put(user_id="bob", scheduled_at="2020-01-02")
    jobs.run("UPDATE puppet_jobs SET scheduled_at = '2020-01-03' WHERE id = :id", id=put_off)
    one = Limits(batch_size=1, max_concurrent=1000)
    assert [str(claim(database, "p", uuid4(), one).jobs[0].id) for _ in range(2)] == [next_one, put_off]
