"""PgQueuer as its guide to performance says: asyncpg, uvloop, large batches, its own autovacuum settings."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

import asyncpg
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job  # noqa: TC002  # it reads the hints
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode
from protocol import Options, serve

logging.disable(logging.CRITICAL)
# By then it has nothing to do and listens.
_IDLE_S = 0.3
_AUTOVACUUM = """
    ALTER TABLE pgqueuer SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01,
        autovacuum_vacuum_cost_limit = 10000, autovacuum_vacuum_cost_delay = 0)
"""


def fill(url: str, jobs: int, _options: Options) -> None:
    """Install it, fill the queue, and leave it as autovacuum would."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        queries = Queries(AsyncpgDriver(connection))
        await queries.install()
        await connection.execute(_AUTOVACUUM)
        await queries.enqueue(["nothing"] * jobs, [b"1"] * jobs, [0] * jobs)
        await connection.execute("VACUUM ANALYZE")
        await connection.close()

    asyncio.run(run())


def prepare(url: str, options: Options) -> Callable[[], int]:
    """Connect each of its queue managers."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    count = 0

    async def manager() -> PgQueuer:
        made = PgQueuer(AsyncpgDriver(await asyncpg.connect(url)))

        @made.entrypoint("nothing", **options.get("entrypoint", {}))
        async def nothing(_job: Job) -> None:
            nonlocal count
            count += 1

        return made

    async def connect() -> list[PgQueuer]:
        return [await manager() for _ in range(options["managers"])]

    managers = loop.run_until_complete(connect())

    def drain() -> int:
        batch, most = options["batch_size"], options.get("max_concurrent_tasks")
        runs = (
            each.run(batch_size=batch, max_concurrent_tasks=most, mode=QueueExecutionMode.drain) for each in managers
        )

        async def run() -> None:
            await asyncio.gather(*runs)

        loop.run_until_complete(run())
        return count

    return drain


def pick_up(url: str, jobs: int, _options: Options) -> list[float]:
    """Measure from the insert to the entry point, where a manager listens."""

    async def run() -> list[float]:
        install = Queries(AsyncpgDriver(await asyncpg.connect(url)))
        await install.install()
        manager, begun = PgQueuer(AsyncpgDriver(await asyncpg.connect(url))), asyncio.Queue[float]()

        @manager.entrypoint("nothing")
        async def nothing(_job: Job) -> None:
            begun.put_nowait(time.perf_counter())

        working = asyncio.create_task(manager.run(batch_size=10))
        took = []
        for _ in range(jobs + 1):
            await asyncio.sleep(_IDLE_S)
            started = time.perf_counter()
            await install.enqueue("nothing", b"1")
            took.append(await begun.get() - started)
        manager.shutdown.set()
        await working
        return took[1:]

    return uvloop.run(run())


if __name__ == "__main__":
    serve(fill, prepare, pick_up)
