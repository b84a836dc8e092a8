"""A PostgreSQL server for measurements: as it is installed, every commit on disk before it is answered."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from local.postgres import Postgres
from tests.support.databases import DatabaseServer


@contextmanager
def server() -> Iterator[DatabaseServer]:
    """The server that DATABASE_URL names, or one of our own until the block ends."""
    if borrowed := os.environ.get("DATABASE_URL"):
        with closing(DatabaseServer(borrowed)) as found:
            yield found
        return
    # Not in memory, where the tests' server is: a commit shall cost what it costs.
    with tempfile.TemporaryDirectory(prefix="nightshift-bench-", dir="/var/tmp") as name:
        Path(name).chmod(0o711)
        own = Postgres(Path(name) / "postgres")
        own.start()
        try:
            with closing(DatabaseServer(own.url())) as made:
                yield made
        finally:
            own.stop()


def version(of: DatabaseServer) -> str:
    """Return the server's version, and what a commit waits for."""
    with closing(of.connect()) as connection:
        number, waits, syncs = connection.run(
            "SELECT current_setting('server_version'), current_setting('synchronous_commit'), current_setting('fsync')"
        )[0]
    return f"{number} (synchronous_commit {waits}, fsync {syncs})"
