"""The least that a queue can do: claim 50, complete 50, by pg8000, one at a time and without a single rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pg8000.native
from protocol import Options, serve

_TABLE = """
    CREATE TABLE bare_jobs (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload jsonb NOT NULL,
        status text NOT NULL DEFAULT 'pending', scheduled_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz)
"""
_CLAIM = """
    UPDATE bare_jobs SET status = 'running' WHERE id IN (
        SELECT id FROM bare_jobs WHERE status = 'pending' AND scheduled_at <= now()
        ORDER BY scheduled_at, id LIMIT 50 FOR UPDATE SKIP LOCKED)
    RETURNING id, payload
"""
_COMPLETE = "UPDATE bare_jobs SET status = 'completed', finished_at = now() WHERE id = ANY (:ids)"


def _connect(url: str) -> Any:
    parts = urlsplit(url)
    return pg8000.native.Connection(
        parts.username or "postgres",
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 5432,
        password=parts.password,
        database=parts.path.lstrip("/"),
    )


def fill(url: str, jobs: int, _options: Options) -> None:
    """Fill the queue, and leave it as autovacuum would."""
    connection = _connect(url)
    connection.run(_TABLE)
    connection.run("CREATE INDEX ON bare_jobs (scheduled_at, id) WHERE status = 'pending'")
    connection.run("INSERT INTO bare_jobs (payload) SELECT '{\"n\": 1}' FROM generate_series(1, :jobs)", jobs=jobs)
    connection.run("VACUUM ANALYZE")
    connection.close()


def prepare(url: str, _options: Options) -> Callable[[], int]:
    """Connect."""
    connection = _connect(url)

    def drain() -> int:
        done = 0
        while claimed := connection.run(_CLAIM):
            connection.run(_COMPLETE, ids=[row[0] for row in claimed])
            done += len(claimed)
        return done

    return drain


if __name__ == "__main__":
    serve(fill, prepare)
