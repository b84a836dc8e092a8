"""Several processors at once: no limit is passed at any instant, and every job is done once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from typing import Any
from uuid import uuid4

from nightshift.database import Database
from puppet.store import Limits, Result, claim, complete
from tests.integration.puppet.working import Queue, connected

PROCESSORS = 4
LIMITS = Limits(batch_size=3, max_concurrent=5, per_user=2)
_FILL = """
    INSERT INTO puppet_jobs (user_id, job_type, concurrency_group)
    SELECT 'user ' || n % 6, 'visit', CASE WHEN n % 4 = 0 THEN 'group ' || n % 3 END FROM generate_series(1, 240) AS n
"""
_IN_FLIGHT = """
    SELECT coalesce(sum(jobs), 0)::integer AS jobs, coalesce(max(jobs), 0)::integer AS of_user,
           (SELECT coalesce(max(jobs), 0)::integer FROM (
               SELECT count(*) AS jobs FROM puppet_jobs
               WHERE status IN ('running', 'waiting') AND concurrency_group IS NOT NULL GROUP BY concurrency_group
           ) AS g) AS of_group
    FROM (SELECT count(*) AS jobs FROM puppet_jobs WHERE status IN ('running', 'waiting') GROUP BY user_id) AS u
"""


def work(url: str) -> tuple[list[Any], list[tuple[int, int, int]]]:
    """One processor: claims, looks at what is in flight, completes, until nothing is left."""
    done, seen = [], []
    with connected(url) as database:
        processor = str(uuid4())
        while _is_left(database):
            claimed = claim(database, processor, uuid4(), LIMITS)
            seen += [(row["jobs"], row["of_user"], row["of_group"]) for row in database.read(_IN_FLIGHT)]
            assert complete(database, processor, [Result(job.id, job.token, "success") for job in claimed]) == []
            done += [job.id for job in claimed]
    return done, seen


def _is_left(database: Database) -> bool:
    return bool(database.read("SELECT 1 FROM puppet_jobs WHERE status = 'pending' LIMIT 1"))


def most_at_once(jobs: Queue, of: str) -> int:
    """The most attempts whose times overlap, of the same user or group (`of`), by the log."""
    spans = jobs.run(
        f"SELECT {of}, l.started_at, l.finished_at FROM puppet_job_execution_logs AS l"
        " JOIN puppet_jobs AS j ON j.id = l.job_id"
    )
    most = 0
    for name in {span[0] for span in spans if span[0] is not None}:
        # At the same instant one ends before the next begins.
        begun = [(span[1], 1) for span in spans if span[0] == name]
        ended = [(span[2], -1) for span in spans if span[0] == name]
        most = max(most, *accumulate(change for _, change in sorted(begun + ended)))
    return most


def test_processors_that_race_pass_no_limit_and_do_every_job_once(jobs: Queue, postgres_url: str) -> None:
    jobs.run(_FILL)
    with ThreadPoolExecutor(PROCESSORS) as pool:
        results = [each.result() for each in [pool.submit(work, postgres_url) for _ in range(PROCESSORS)]]
    done = [job_id for result in results for job_id in result[0]]
    assert len(done) == len(set(done)) == 240
    assert jobs.statuses() == {"success": 240}
    seen = [each for result in results for each in result[1]]
    assert max(each[0] for each in seen) <= LIMITS.max_concurrent
    assert max(each[1] for each in seen) <= LIMITS.per_user
    assert max(each[2] for each in seen) <= 1
    assert most_at_once(jobs, "'all'") <= LIMITS.max_concurrent
    assert most_at_once(jobs, "j.user_id") <= LIMITS.per_user
    assert most_at_once(jobs, "j.concurrency_group") <= 1
    assert jobs.run("SELECT count(*) FROM puppet_lanes") == [[0]]
