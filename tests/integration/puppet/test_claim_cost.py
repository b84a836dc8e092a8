"""A claim reads about the same whatever is waiting: page by page, as the server counts them, not by the clock."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.queue.claim_cost import SHAPES, cost, fill

_CLAIMED = [10, 8, 1, 9, 10, 10]


@pytest.mark.parametrize(("shape", "claimed"), list(zip(SHAPES, _CLAIMED, strict=True)), ids=list(SHAPES))
def test_a_claim_reads_few_pages_of_a_long_queue(postgres: Any, shape: str, claimed: int) -> None:
    fill(postgres, shape, 30_000)
    costs = [cost(postgres) for _ in range(3)]
    assert {each[0] for each in costs} == {claimed}
    assert costs[-1][1] < 1000


def test_a_claim_reads_few_pages_of_a_queue_that_many_have_passed_through(postgres: Any) -> None:
    postgres.run(
        "INSERT INTO puppet_jobs (user_id, job_type)"
        " SELECT 'user ' || n % 100, 'visit' FROM generate_series(1, 6000) AS n"
    )
    for _ in range(59):
        postgres.run("SELECT claim_puppet_jobs('p', gen_random_uuid(), 100, 1000, 1000, 300)")
        postgres.run("UPDATE puppet_jobs SET status = 'completed', final_status = 'success' WHERE status = 'running'")
    claimed, buffers, _ = [cost(postgres) for _ in range(3)][-1]
    assert claimed == 10
    assert buffers < 1000
