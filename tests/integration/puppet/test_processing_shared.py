"""Several processors share the queue; one that is killed in the middle leaves nothing behind that stays so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from nightshift.database import Database
from puppet.executing import Answer, Done
from puppet.store import ClaimedJob
from tests.contract.source import ROOT
from tests.integration.puppet.working import (
    Queue,
    configuration,
    connected,
    done,
    eventually,
    outcomes,
    types,
    work,
)

_DOOMED = """
import sys, threading
from puppet.executing import Done
from tests.integration.puppet.working import configuration, connected, types, work

def hang(job, timeout_s):
    if job.attempt == 1:
        threading.Event().wait(60)
    return Done()

with connected(sys.argv[1]) as database:
    work(database, types(work=hang), configuration(max_concurrent_jobs=4))
"""


def _doomed(url: str) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(str(ROOT / part) for part in (".", "functions", "layers/nightshift"))
    return subprocess.Popen([sys.executable, "-c", _DOOMED, url], env={**os.environ, "PYTHONPATH": path}, cwd=ROOT)


def test_what_a_killed_processor_had_at_work_is_carried_out_by_another(
    jobs: Queue, database: Database, postgres_url: str
) -> None:
    ids = jobs.put(jobs=6)
    process = _doomed(postgres_url)
    try:
        assert eventually(lambda: jobs.statuses().get("running") == 4, within_s=30)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    # Nobody knows yet that it is dead: its four are left alone.
    work(database, types(work=done), configuration(max_concurrent_jobs=20))
    assert jobs.statuses() == {"running": 4, "success": 2}

    jobs.run("UPDATE puppet_jobs SET heartbeat_at = now() - interval '6 minutes' WHERE status = 'running'")
    again = work(database, types(work=done), configuration(max_concurrent_jobs=20))

    assert jobs.statuses() == {"success": 6}
    assert (again.tally.counts["success"], again.rescued.reset) == (4, 4)
    assert sorted(outcomes([entry for each in ids for entry in jobs.logs(each)])) == ["stuck"] * 4 + ["success"] * 6


def test_eight_processors_share_a_backlog_within_all_limits(jobs: Queue, postgres_url: str) -> None:
    # Fewer users than places: with more of them, each would have one job at work.
    for user in range(6):
        jobs.put(jobs=40, user_id=f"user {user}")
    at_work: dict[str, int] = {}
    most = {"all": 0, "user": 0}
    turn = threading.Lock()

    def count(job: ClaimedJob, _timeout_s: float) -> Answer:
        with turn:
            at_work[job.user_id] = at_work.get(job.user_id, 0) + 1
            most["all"] = max(most["all"], sum(at_work.values()))
            most["user"] = max(most["user"], at_work[job.user_id])
        threading.Event().wait(0.002)
        with turn:
            at_work[job.user_id] -= 1
        return Done()

    _run_together(8, postgres_url, count, batch_size=5, max_concurrent_jobs=10, per_user_limit=2)

    # A processor that finds all room taken ends; its tick, or another's, goes on.
    with connected(postgres_url) as last:
        work(last, types(work=count), configuration(max_concurrent_jobs=10, per_user_limit=2))
    assert jobs.statuses() == {"success": 240}
    assert most["all"] <= 10
    assert most["user"] == 2
    assert jobs.run("SELECT count(DISTINCT job_id) = count(*) FROM puppet_job_execution_logs") == [[True]]


def _run_together(processors: int, url: str, carry_out: Any, **limits: int) -> None:
    barrier = threading.Barrier(processors)

    def run() -> None:
        with connected(url) as own:
            barrier.wait(30)
            work(own, types(work=carry_out), configuration(**limits))

    threads = [threading.Thread(target=run) for _ in range(processors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_the_threads_of_a_processor_end_with_it(jobs: Queue, database: Database) -> None:
    before = threading.active_count()
    jobs.put(jobs=10)
    work(database, types(work=done))

    assert eventually(lambda: threading.active_count() <= before)


def test_the_scratch_process_finds_its_way(tmp_path: Path) -> None:
    """What `_doomed` runs is a program: a mistake in it must not look like a killed processor."""
    compile(_DOOMED, str(tmp_path), "exec")
