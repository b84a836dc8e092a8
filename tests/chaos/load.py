"""`make load`: many triggers a second at one job, through the door; exit status 1 where something does not hold.

`python -m tests.chaos.load [--rate 200] [--seconds 60]`. What must hold, must hold at any rate: one run at a time,
everybody else is refused and told by whom, nothing fails, memory stays flat, and no process has more than one
connection to PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from local import settings
from local.database import connected
from local.gateway import Gateway
from local.lambda_service.service import LambdaService
from local.state import ROOT
from tests.chaos.ground import Ground, ground
from tests.support.processes import descendants

JOB: Final = "cleanup-reservations"
# Below the ten processes that the local Lambda service starts of a function: above that it turns requests away, as
# Lambda does at the limit of an account.
CALLERS: Final = 8
_CODE: Final = (ROOT / "functions", ROOT / "layers" / "nightshift")
_LOGS: Final = ROOT / ".local" / "load"
_LOOK_EVERY_S: Final = 0.25
_FLAT_MB: Final = 8.0
_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
_CONNECTIONS: Final = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nightshift'"
# Two runs of the job at once, by what the runs wrote down themselves.
_OVERLAPS: Final = """
    SELECT count(*) FROM job_runs AS a JOIN job_runs AS b ON a.lock = b.lock AND a.id < b.id
      AND a.started_at < b.finished_at AND b.started_at < a.finished_at
"""
_ENDS: Final = "SELECT status, count(*) FROM job_runs WHERE job = :job GROUP BY status"


@dataclass
class Seen:
    """What was seen while it went on."""

    most_connections: int = 0
    most_processes: int = 0
    more_connections_than_processes: int = 0
    # The largest process of the door: at the first third of the time, and at the end.
    early_mb: float = 0.0
    late_mb: float = 0.0
    cpu_s: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Load:
    """What it came to."""

    rate: float
    answers: dict[str, Any]
    accepted_before: int
    seen: Seen
    runs: dict[str, int]
    overlaps: int

    @property
    def problems(self) -> list[str]:
        """Return everything that should not have been."""
        statuses = self.answers["statuses"]
        accepted = statuses.get("202", 0) + self.accepted_before
        ended_well = self.runs.get("succeeded", 0)
        found = {
            f"answers other than 202 and 429: {statuses}": set(statuses) - {"202", "429"},
            f"refusals without their holder: {self.answers['wrong']}": self.answers["wrong"],
            f"{accepted} accepted, {ended_well} succeeded": accepted != ended_well,
            f"runs that ended otherwise: {self.runs}": set(self.runs) - {"succeeded"},
            f"{self.overlaps} pairs of runs at once": self.overlaps,
            "nothing was accepted": not accepted,
            f"memory grew from {self.seen.early_mb:.1f} to {self.seen.late_mb:.1f} MB": not self._is_flat,
            "more connections than processes": self.seen.more_connections_than_processes,
        }
        return [text for text, wrong in found.items() if wrong]

    @property
    def _is_flat(self) -> bool:
        return self.seen.late_mb - self.seen.early_mb <= _FLAT_MB

    def lines(self) -> list[str]:
        """Return what it came to, for people."""
        times, took_s, seen = self.answers["latencies_ms"], self.answers["took_s"], self.seen
        shares = ", ".join(f"{name} {spent / took_s:.0%}" for name, spent in sorted(seen.cpu_s.items()))
        return [
            f"Triggers       {len(times)} in {took_s:.1f} s: {len(times) / took_s:.0f} a second of {self.rate:.0f}",
            f"Answers        {self.answers['statuses']}",
            f"Answered in    {_at(times, 0.5):.0f} ms (half), {_at(times, 0.99):.0f} ms (99 %), {times[-1]:.0f} ms",
            f"Runs           {self.runs}, {self.overlaps} pairs at once",
            f"Door's memory  {seen.early_mb:.1f} MB after a third of the time, {seen.late_mb:.1f} MB at the end",
            f"Connections    {seen.most_connections} at most, of {seen.most_processes} live processes",
            f"Processors     {shares} (100 % is one of {os.cpu_count()})",
        ]


def main() -> int:
    """Go through it and say what came of it."""
    parser = argparse.ArgumentParser(prog="make load")
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    with ground() as made, site(made) as place:
        load = carry_out(place, asked.rate, asked.seconds)
    for line in (*load.lines(), *(f"WRONG: {problem}" for problem in load.problems)):
        print(line)
    return 1 if load.problems else 0


@dataclass(frozen=True)
class Site:
    """The door as it is shipped, and the job behind it."""

    url: str
    secret: str
    database_url: str
    functions: LambdaService


@contextmanager
def site(made: Ground) -> Iterator[Site]:
    """Open a door with an empty database behind it."""
    url, lock_table = made.postgres.url(made.database()), "locks-under-load"
    made.table(lock_table, "pk")
    environment = {
        **made.aws.environment(), **settings.ENVIRONMENT, "DATABASE_URL": url, "LOCK_TABLE": lock_table,
        "PUBLIC_URL": "http://127.0.0.1:1",
    }  # fmt: skip
    functions = [made.functions["api.app.handler"], made.function_of(JOB)]
    service = LambdaService(functions, code=_CODE, environment=environment, logs=_LOGS)
    service.start()
    gateway = Gateway(made.stack.routes, service.invoke)
    gateway.start()
    try:
        yield Site(gateway.url, made.secret("JobSecret"), url, service)
    finally:
        gateway.stop()
        service.stop()


def carry_out(place: Site, rate: float, seconds: float, callers: int = CALLERS) -> Load:
    """Let callers trigger the job for so long, and look on."""
    asked = {
        "url": place.url, "path": f"/api/jobs/{JOB}", "secret": place.secret, "rate": rate, "seconds": seconds,
        "callers": callers,
    }  # fmt: skip
    # Every caller once, before it counts: the door's processes are started by it.
    before = _answers({**asked, "seconds": callers / rate})
    watch = _Watch(place.database_url, seconds)
    answers = _answers(asked)
    place.functions.wait_for_events(60)
    seen = watch.end()
    with connected(place.database_url) as connection:
        runs = dict(connection.run(_ENDS, job=JOB))
        overlaps = int(connection.run(_OVERLAPS)[0][0])
    return Load(rate, answers, before["statuses"].get("202", 0), seen, runs, overlaps)


def _answers(asked: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).with_name("triggering.py"))]
    done = subprocess.run(command, input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True)
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


class _Watch:
    """Looks at processes and connections now and then, beside what goes on."""

    def __init__(self, url: str, seconds: float) -> None:
        self._url = url
        self._early_at = time.monotonic() + seconds / 3
        self._seen = Seen()
        self._cpu_before = _cpu_of(_ours())
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on)
        self._thread.start()

    def end(self) -> Seen:
        """Stop looking, and return what was seen."""
        self._ended.set()
        self._thread.join()
        now = _cpu_of(_ours())
        self._seen.cpu_s = {name: now[name] - self._cpu_before.get(name, 0.0) for name in now}
        return self._seen

    def _look_on(self) -> None:
        with connected(self._url) as connection:
            while not self._ended.wait(_LOOK_EVERY_S):
                # In this order: a process is there before its connection.
                connections = int(connection.run(_CONNECTIONS)[0][0])
                self._look(connections)

    def _look(self, connections: int) -> None:
        seen, ours = self._seen, _ours()
        handlers = [pid for pid, name in ours.items() if name.endswith("function")]
        seen.most_connections = max(seen.most_connections, connections)
        seen.most_processes = max(seen.most_processes, len(handlers))
        seen.more_connections_than_processes += connections > len(handlers)
        largest = max((_memory_mb(pid) for pid, name in ours.items() if name == "api function"), default=0.0)
        if not seen.early_mb or time.monotonic() < self._early_at:
            seen.early_mb = max(seen.early_mb, largest)
        seen.late_mb = largest


def _ours() -> dict[int, str]:
    """Every process of the system, by what it is."""
    return {pid: kind for pid in (os.getpid(), *descendants(os.getpid())) if (kind := _kind(pid))}


def _kind(pid: int) -> str:
    if pid == os.getpid():
        return "gateway and Lambda service"
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    kinds = {
        "api.app.handler": "api function", "awslambdaric": "job function", "local.aws_server": "moto",
        "postgres": "PostgreSQL", "triggering": "callers",
    }  # fmt: skip
    return next((kind for word, kind in kinds.items() if word in command), "")


def _cpu_of(ours: dict[int, str]) -> dict[str, float]:
    spent: dict[str, float] = {}
    for pid, kind in ours.items():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        spent[kind] = spent.get(kind, 0.0) + (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND
    return spent


def _memory_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


if __name__ == "__main__":
    sys.exit(main())
