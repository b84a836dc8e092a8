"""Who takes part: which worker, in which environment, with which settings; and how one round of a team is measured."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from benchmarks.workers import Worker, own_path, peers
from tests.support.databases import DatabaseServer

_WORKERS: Final = Path(__file__).parent / "workers"
# Nobody is hindered by these; the batch is the largest that the configuration allows, as the peers have their best.
UNBOUND: Final = {"batch_size": 500, "max_concurrent_jobs": 2000, "per_user_limit": 2000, "users": 100}
# As they are deployed.
BOUND: Final = {"batch_size": 20, "max_concurrent_jobs": 10, "per_user_limit": 2, "users": 100}


@dataclass(frozen=True)
class Team:
    """Processes that drain one queue together."""

    name: str
    script: str
    is_peer: bool = False
    # Ours has its tables already; the others bring their own.
    migrated: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    jobs: int = 10_000
    processes: int = 1

    def of(self, processes: int) -> Team:
        """The same with so many processes."""
        return replace(self, processes=processes)

    def rate(self, server: DatabaseServer) -> float:
        """Drain a fresh queue once and return jobs a second, from the word go until the last process is done.

        Raises:
            RuntimeError: a job was done twice or not at all, or a process failed.
        """
        with server.database(migrated=self.migrated) as url:
            self._run("fill", url, str(self.jobs)).wait_for_end()
            with ExitStack() as stack:
                workers = [stack.enter_context(self._run("drain", url)) for _ in range(self.processes)]
                for worker in workers:
                    worker.expect("ready")
                started = time.perf_counter()
                for worker in workers:
                    worker.say("go")
                done = sum(int(worker.hear()) for worker in workers)
                took_s = time.perf_counter() - started
        if done != self.jobs:
            raise RuntimeError(f"{self.name}: {done} of {self.jobs} jobs were done")
        return done / took_s

    def pick_up_ms(self, server: DatabaseServer, jobs: int = 5) -> float:
        """Add jobs one by one to an idle queue; return the median of how long each waited until it was begun."""
        with server.database(migrated=self.migrated) as url, self._run("pick-up", url, str(jobs)) as worker:
            took_s: list[float] = json.loads(worker.hear())
        return statistics.median(took_s) * 1000

    def _run(self, *arguments: str) -> Worker:
        python = str(peers() if self.is_peer else sys.executable)
        path = "" if self.is_peer else own_path()
        return Worker([python, str(_WORKERS / self.script), *arguments, json.dumps(dict(self.options))], path)


OURS: Final = Team("Nightshift", "run_ours.py", migrated=True, options=UNBOUND)
OURS_BOUND: Final = replace(OURS, name="Nightshift, limits on", options=BOUND)
BARE: Final = Team("bare pg8000 loop", "run_bare.py")
# The best of those in tuning.py, on two cores.
PGQUEUER: Final = Team("PgQueuer", "run_pgqueuer.py", is_peer=True, options={"managers": 1, "batch_size": 100})
# At its rate 10,000 jobs would take most of a minute a round; it is no faster with more of them.
PROCRASTINATE: Final = Team(
    "procrastinate",
    "run_procrastinate.py",
    is_peer=True,
    options={"concurrency": 10, "delete_jobs": "always"},
    jobs=500,
)
