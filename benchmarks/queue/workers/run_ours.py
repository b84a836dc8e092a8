"""Ours: the processor as it is, with an executor that does nothing, or waits for `takes_s`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

from protocol import Options, serve

from nightshift.connecting import Address
from nightshift.database import Database
from puppet.configuration import configuration_of
from puppet.executing import Done, JobType
from puppet.processing import process
from puppet.store import ClaimedJob

_FILL = """
    INSERT INTO puppet_jobs (user_id, job_type, payload, scheduled_at)
    SELECT 'user-' || g % :users, 'nothing', '{"n": 1}', now() - interval '1 hour' + g * interval '1 ms'
    FROM generate_series(1, :jobs) AS g
"""


def fill(url: str, jobs: int, options: Options) -> None:
    """Fill the queue, and leave it as autovacuum would."""
    import pg8000.native

    address = Address.from_url(url)
    connection = pg8000.native.Connection(
        address.user, host=address.host, port=address.port, password=address.password, database=address.database
    )
    connection.run(_FILL, jobs=jobs, users=options["users"])
    connection.run("VACUUM ANALYZE")
    connection.close()


def prepare(url: str, options: Options) -> Callable[[], int]:
    """Connect, and import what a first batch imports."""
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "ERROR")
    address = Address.from_url(url)
    database = Database(lambda **_: address)
    database.read("SELECT 1")
    configuration = replace(configuration_of(None, {}), **_limits(options))
    takes_s = options.get("takes_s", 0.0)

    def carry_out(_job: ClaimedJob, _timeout_s: float) -> Done:
        if takes_s:
            time.sleep(takes_s)
        return Done()

    job_types = {"nothing": JobType(carry_out)}

    def drain() -> int:
        done = process(database, str(uuid4()), configuration, job_types, deadline=time.monotonic() + 3600)
        return done.tally.counts["success"]

    return drain


def pick_up(url: str, jobs: int, options: Options) -> list[float]:
    """Measure from the insert to the executor, where a processor is called at that moment, as a trigger's call does."""
    begun: list[float] = []

    def note(_job: ClaimedJob, _timeout_s: float) -> Done:
        begun.append(time.perf_counter())
        return Done()

    address = Address.from_url(url)
    shop, database = (Database(lambda **_: address) for _ in range(2))
    configuration = replace(configuration_of(None, {}), **_limits(options))
    took: list[float] = []
    for _ in range(jobs):
        started = time.perf_counter()
        shop.write("INSERT INTO puppet_jobs (user_id, job_type) VALUES ('u', 'nothing')")
        process(database, str(uuid4()), configuration, {"nothing": JobType(note)}, deadline=time.monotonic() + 3600)
        took.append(begun[-1] - started)
    return took


def _limits(options: Options) -> Options:
    return {name: options[name] for name in ("batch_size", "max_concurrent_jobs", "per_user_limit")}


if __name__ == "__main__":
    serve(fill, prepare, pick_up)
