"""What one claim costs, by the size and shape of the backlog: buffers read and milliseconds.

`python benchmarks/queue/claim_cost.py [rows …]`: 1,000, 100,000 and 1,000,000 rows, where none are named. Uses the
server of DATABASE_URL, or one of its own for as long as it runs.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "functions"), str(ROOT / "layers" / "nightshift")]

from local.postgres import Postgres  # noqa: E402  # after the path
from tests.support.databases import DatabaseServer  # noqa: E402

# Each fills `:n` rows; `moment` is before every claim. Nine rows in ten are one user's, or one group's.
_INSERT = "INSERT INTO puppet_jobs (user_id, job_type, scheduled_at, priority, concurrency_group) SELECT "
SHAPES: Mapping[str, str] = {
    "one user has nine in ten": f"""{_INSERT}
        CASE WHEN g % 10 < 9 THEN 'hog' ELSE 'user-' || g % 1000 END, 'visit', now() - (:n - g) * interval '1 ms', 0, NULL
        FROM generate_series(1, :n) AS g""",
    "and that user is at the limit": f"""{_INSERT}
        CASE WHEN g % 10 < 9 THEN 'hog' ELSE 'user-' || g % 1000 END, 'visit',
        now() - CASE WHEN g % 10 < 9 THEN interval '2 days' ELSE interval '1 day' END, 0, NULL
        FROM generate_series(1, :n) AS g;
        UPDATE puppet_jobs SET status = 'running', claim_token = gen_random_uuid(), claimed_at = now(),
               heartbeat_at = now() + interval '1 day'
        WHERE ctid = ANY (ARRAY(SELECT ctid FROM puppet_jobs WHERE user_id = 'hog' LIMIT 2))""",
    "nobody's job is due yet, but for one": f"""{_INSERT}
        'user-' || g, 'visit', now() + CASE g WHEN :n / 2 THEN interval '-1 s' ELSE interval '1 hour' END, g % 5, NULL
        FROM generate_series(1, :n) AS g""",
    "nine in ten of one group in flight": f"""{_INSERT}
        'user-' || g % 1000, 'visit',
        now() - CASE WHEN g % 10 < 9 THEN interval '2 days' ELSE interval '1 day' END, 0,
        CASE WHEN g % 10 < 9 THEN 'group' END
        FROM generate_series(1, :n) AS g;
        UPDATE puppet_jobs SET status = 'running', claim_token = gen_random_uuid(), claimed_at = now(),
               heartbeat_at = now() + interval '1 day'
        WHERE ctid = ANY (ARRAY(SELECT ctid FROM puppet_jobs WHERE concurrency_group = 'group' LIMIT 1))""",
    "201 priorities, the lowest due": f"""{_INSERT}
        'user-' || g % 1000, 'visit', now() + CASE WHEN g % 201 = 0 THEN interval '-1 s' ELSE interval '1 hour' END,
        g % 201 - 100, NULL FROM generate_series(1, :n) AS g""",
    "every job a group of its own": f"""{_INSERT}
        CASE WHEN g % 10 < 9 THEN 'hog' ELSE 'user-' || g % 1000 END, 'visit', now() - (:n - g) * interval '1 ms', 0,
        'group-' || g FROM generate_series(1, :n) AS g""",
}
_CLAIM = (
    "SELECT j FROM json_array_elements(claim_puppet_jobs('bench', gen_random_uuid(), 20, 10, 2, 300) -> 'jobs') AS j"
)


def _cost(connection: Any) -> tuple[int, int, float]:
    """One claim, undone: jobs claimed, buffers, milliseconds."""
    connection.run("BEGIN")
    plan = connection.run(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {_CLAIM}")[0][0][0]
    connection.run("ROLLBACK")
    node = plan["Plan"]
    buffers = node["Shared Hit Blocks"] + node["Shared Read Blocks"]
    return int(node["Actual Rows"]), buffers, plan["Execution Time"]


def _measure(server: DatabaseServer, shape: str, rows: int) -> tuple[int, int, float]:
    with server.database() as url, closing(server.connect(url.rpartition("/")[2])) as connection:
        for statement in SHAPES[shape].replace(":n", str(rows)).split(";"):
            connection.run(statement)
        connection.run("VACUUM ANALYZE puppet_jobs")
        connection.run("VACUUM ANALYZE puppet_lanes")
        costs = [_cost(connection) for _ in range(12)][2:]
    return costs[0][0], max(cost[1] for cost in costs), statistics.median(cost[2] for cost in costs)


@contextmanager
def _server() -> Iterator[DatabaseServer]:
    if borrowed := os.environ.get("DATABASE_URL"):
        with closing(DatabaseServer(borrowed)) as server:
            yield server
        return
    with tempfile.TemporaryDirectory(prefix="nightshift-") as name:
        Path(name).chmod(0o711)
        own = Postgres(Path(name) / "postgres")
        own.start()
        try:
            with closing(DatabaseServer(own.url())) as server:
                yield server
        finally:
            own.stop()


def main(sizes: list[int]) -> None:
    """Print a line for each shape and size."""
    print(f"{'the backlog':40} {'rows':>10} {'claimed':>8} {'buffers':>8} {'ms':>8}")
    with _server() as server:
        for shape in SHAPES:
            for rows in sizes:
                claimed, buffers, ms = _measure(server, shape, rows)
                print(f"{shape:40} {rows:>10,} {claimed:>8} {buffers:>8,} {ms:>8.2f}", flush=True)


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [1_000, 100_000, 1_000_000])
