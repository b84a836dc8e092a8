"""What 100,000 jobs leave behind: the size of the queue's tables, and what a claim costs, while jobs come and go.

`python -m benchmarks.queue.churn [--jobs 100000] [--minutes 4] [--keep]`. What has ended is removed after each portion,
by the statement of retention; with `--keep` it stays, as it does for 30 days. The jobs are spread over some minutes,
because autovacuum looks once a minute.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from benchmarks.queue.teams import UNBOUND
from benchmarks.server import server
from housekeeping.retaining import statement_of
from housekeeping.rules import RULES
from nightshift.connecting import Address
from nightshift.database import Database
from puppet.configuration import configuration_of
from puppet.executing import Done, JobType
from puppet.processing import process

_PORTION: Final = 5_000
_TABLES: Final = ("puppet_jobs", "puppet_lanes", "puppet_job_execution_logs")
_FILL: Final = """
    INSERT INTO puppet_jobs (user_id, job_type, payload)
    SELECT 'user-' || g % 100, 'nothing', '{"n": 1}' FROM generate_series(1, :jobs) AS g
"""
_SIZES: Final = """
    SELECT t.relname, t.n_live_tup, t.n_dead_tup, pg_table_size(t.relid), pg_indexes_size(t.relid), t.autovacuum_count
    FROM pg_stat_user_tables AS t WHERE t.relname = ANY (:tables) ORDER BY t.relname
"""


def churn(connection: Any, database: Database, jobs: int, minutes: float, *, keep: bool) -> None:
    """Let jobs come and go, and print how it stands every 20,000."""
    configuration = replace(
        configuration_of(None, {}),
        batch_size=UNBOUND["batch_size"],
        max_concurrent_jobs=UNBOUND["max_concurrent_jobs"],
        per_user_limit=UNBOUND["per_user_limit"],
    )
    job_types = {"nothing": JobType(lambda _job, _timeout_s: Done())}
    portions, began = jobs // _PORTION, time.monotonic()
    for portion in range(1, portions + 1):
        connection.run(_FILL, jobs=_PORTION)
        started = time.monotonic()
        process(database, str(uuid4()), configuration, job_types, deadline=started + 3600)
        rate = _PORTION / (time.monotonic() - started)
        if not keep:
            _remove(database)
        if portion % 4 == 0:
            _show(connection, portion * _PORTION, rate)
        time.sleep(max(0.0, began + minutes * 60 * portion / portions - time.monotonic()))


def _remove(database: Database) -> None:
    for rule in RULES:
        if rule.table in _TABLES:
            while database.write(statement_of(rule), after="-infinity", days=0, size=rule.batch)[0]["removed"]:
                pass


def _show(connection: Any, jobs: int, rate: float) -> None:
    connection.run("SELECT pg_stat_clear_snapshot()")
    print(f"after {jobs:,} jobs, the last ones at {rate:,.0f}/s")
    for table, live, dead, size, indexes, vacuums in connection.run(_SIZES, tables=list(_TABLES)):
        sizes = f"{size / 1e6:6.1f} MB, indexes {indexes / 1e6:6.1f} MB"
        print(f"  {table:28} {live:>8,} rows, {dead:>8,} dead, {sizes}, vacuumed {vacuums} times", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print sizes as jobs come and go."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--keep", action="store_true")
    chosen = parser.parse_args(arguments)
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "ERROR")
    with server() as on, on.database() as url, closing(on.connect(url.rpartition("/")[2])) as connection:
        address = Address.from_url(url)
        database = Database(lambda **_: address)
        churn(connection, database, chosen.jobs, chosen.minutes, keep=chosen.keep)
        database.close()


if __name__ == "__main__":
    main()
