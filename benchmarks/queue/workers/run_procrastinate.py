"""procrastinate with asynchronous jobs side by side and a pool to match, as its guide to concurrency says."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

import procrastinate
import psycopg
import uvloop
from procrastinate.schema import SchemaManager
from protocol import Options, serve

logging.disable(logging.CRITICAL)
# By then it has nothing to do and listens.
_IDLE_S = 0.3


def _app(url: str, options: Options) -> tuple[procrastinate.App, list[int]]:
    size = options["concurrency"] + 2
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=size, max_size=size)
    app = procrastinate.App(connector=connector)
    done = [0]

    @app.task(name="nothing")
    async def nothing() -> None:
        done[0] += 1

    return app, done


def fill(url: str, jobs: int, options: Options) -> None:
    """Install it, fill the queue, and leave it as autovacuum would."""

    async def run() -> None:
        app, _ = _app(url, {**options, "concurrency": 1})
        async with app.open_async():
            await app.configure_task("nothing").batch_defer_async(*[{}] * jobs)

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SchemaManager.get_schema())
        asyncio.run(run())
        connection.execute("VACUUM ANALYZE")


def prepare(url: str, options: Options) -> Callable[[], int]:
    """Open the pool."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    app, done = _app(url, options)
    loop.run_until_complete(app.open_async())

    def drain() -> int:
        loop.run_until_complete(
            app.run_worker_async(
                concurrency=options["concurrency"],
                wait=False,
                listen_notify=False,
                delete_jobs=options["delete_jobs"],
                install_signal_handlers=False,
            )
        )
        return done[0]

    return drain


def pick_up(url: str, jobs: int, options: Options) -> list[float]:
    """Measure from the insert to the task, where a worker listens."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SchemaManager.get_schema())

    async def run() -> list[float]:
        app, _ = _app(url, options)
        begun = asyncio.Queue[float]()

        @app.task(name="timed")
        async def timed() -> None:
            begun.put_nowait(time.perf_counter())

        async with app.open_async():
            working = asyncio.create_task(app.run_worker_async(install_signal_handlers=False))
            took = []
            for _ in range(jobs + 1):
                await asyncio.sleep(_IDLE_S)
                started = time.perf_counter()
                await timed.defer_async()
                took.append(await begun.get() - started)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            return took[1:]

    return uvloop.run(run())


if __name__ == "__main__":
    serve(fill, prepare, pick_up)
