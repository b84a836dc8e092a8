"""procrastinate with asynchronous jobs side by side and a pool to match, as its guide to concurrency says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import procrastinate
import psycopg
import uvloop
from procrastinate.schema import SchemaManager
from protocol import Options, serve

logging.disable(logging.CRITICAL)


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


if __name__ == "__main__":
    serve(fill, prepare)
