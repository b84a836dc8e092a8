"""What one claim costs, by the size and shape of the backlog: buffers read and milliseconds.

`python -m benchmarks.queue.claim_cost [rows …]`: 1,000, 100,000 and 1,000,000 rows, where none are named.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from benchmarks.server import server
from tests.support.databases import DatabaseServer

_FILL = """
    INSERT INTO puppet_jobs (user_id, job_type, scheduled_at, priority, concurrency_group)
    SELECT {columns} FROM generate_series(1, :n) AS g
"""
_MOSTLY_ONE = "CASE WHEN g % 10 < 9 THEN 'hog' ELSE 'user-' || g % 1000 END, 'visit'"
_MOSTLY_OLD = "now() - CASE WHEN g % 10 < 9 THEN interval '2 days' ELSE interval '1 day' END"
_BEGIN = """;
    UPDATE puppet_jobs SET status = 'running', claim_token = gen_random_uuid(), claimed_at = now(), heartbeat_at = now()
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM puppet_jobs WHERE {those}))
"""
# The statements that make `:n` rows of each.
SHAPES: Mapping[str, str] = {
    "one user has nine in ten": _FILL.format(columns=f"{_MOSTLY_ONE}, now() - (:n - g) * interval '1 ms', 0, NULL"),
    "and that user is at the limit": _FILL.format(columns=f"{_MOSTLY_ONE}, {_MOSTLY_OLD}, 0, NULL")
    + _BEGIN.format(those="user_id = 'hog' LIMIT 2"),
    "nobody's job is due yet, but for one": _FILL.format(
        columns="'user-' || g, 'visit', now() + CASE g WHEN :n / 2 THEN interval '-1 s' ELSE interval '1 h' END,"
        " g % 5, NULL"
    ),
    "nine in ten of one group in flight": _FILL.format(
        columns=f"'user-' || g % 1000, 'visit', {_MOSTLY_OLD}, 0, CASE WHEN g % 10 < 9 THEN 'group' END"
    )
    + _BEGIN.format(those="concurrency_group = 'group' LIMIT 1"),
    "201 priorities, the lowest due": _FILL.format(
        columns="'user-' || g % 1000, 'visit', now() + CASE g % 201 WHEN 0 THEN -1 ELSE 9999 END * interval '1 s',"
        " g % 201 - 100, NULL"
    ),
    "every job a group of its own": _FILL.format(
        columns=f"{_MOSTLY_ONE}, now() - (:n - g) * interval '1 ms', 0, 'group-' || g"
    ),
}
# A row for each job.
_CLAIM = """
    SELECT id FROM json_array_elements(
        claim_puppet_jobs('bench', gen_random_uuid(), 20, 10, 2, 300) -> 'jobs' -> 0) AS id
"""


def cost(connection: Any) -> tuple[int, int, float]:
    """Make one claim, undo it, and return how many jobs it took, buffers, milliseconds."""
    connection.run("BEGIN")
    plan = connection.run(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {_CLAIM}")[0][0][0]
    connection.run("ROLLBACK")
    node = plan["Plan"]
    buffers = node["Shared Hit Blocks"] + node["Shared Read Blocks"]
    return int(node["Actual Rows"]), buffers, plan["Execution Time"]


def fill(connection: Any, shape: str, rows: int) -> None:
    """Make the backlog, and leave it as autovacuum would."""
    for statement in SHAPES[shape].replace(":n", str(rows)).split(";"):
        connection.run(statement)
    connection.run("VACUUM ANALYZE puppet_jobs")
    connection.run("VACUUM ANALYZE puppet_lanes")


def _measure(on: DatabaseServer, shape: str, rows: int) -> tuple[int, int, float]:
    with on.database() as url, closing(on.connect(url.rpartition("/")[2])) as connection:
        fill(connection, shape, rows)
        # The first two are planned, and read from the disk.
        costs = [cost(connection) for _ in range(12)][2:]
    return costs[0][0], max(cost[1] for cost in costs), statistics.median(cost[2] for cost in costs)


def main(sizes: Sequence[int]) -> None:
    """Print a line for each shape and size."""
    print(f"{'the backlog':40} {'rows':>10} {'claimed':>8} {'buffers':>8} {'ms':>8}")
    with server() as on:
        for shape in SHAPES:
            for rows in sizes:
                claimed, buffers, ms = _measure(on, shape, rows)
                print(f"{shape:40} {rows:>10,} {claimed:>8} {buffers:>8,} {ms:>8.2f}", flush=True)


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [1_000, 100_000, 1_000_000])
