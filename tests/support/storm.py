"""A storm over the puppet queue: many jobs, several processors, workers that misbehave; and what must hold.

What holds is read from the log of attempts and from the workers' own record, not asked from the code that did it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
_PROCESSOR: Final = Path(__file__).with_name("storm_processor.py")
_PATH: Final = os.pathsep.join(str(ROOT / part) for part in (".", "functions", "layers/nightshift"))
_FILL: Final = """
    INSERT INTO puppet_jobs (user_id, job_type, payload, scheduled_at, priority, concurrency_group, max_retries)
    SELECT s.user_id, 'storm', s.payload, now() - interval '1 hour' + n * interval '1 ms', s.priority, s.lane, 3
    FROM ROWS FROM (
        jsonb_to_recordset(CAST(:jobs AS jsonb)) AS (user_id text, payload jsonb, priority smallint, lane text)
    ) WITH ORDINALITY AS s(user_id, payload, priority, lane, n)
"""
_ARRIVE: Final = """
    INSERT INTO puppet_jobs (user_id, job_type, payload) VALUES (:user, 'storm', '{"does": "well", "takes_s": 0.002}')
"""
# Retries that wait for minutes would only make the storm longer.
_HASTEN: Final = """
    UPDATE puppet_jobs SET scheduled_at = now()
    WHERE status = 'pending' AND final_status IS NULL
      AND (scheduled_at AT TIME ZONE 'UTC') > (now() AT TIME ZONE 'UTC') + interval '1 second'
"""
_IN_FLIGHT: Final = """
    SELECT coalesce(sum(n), 0)::integer, coalesce(max(n), 0)::integer
    FROM (SELECT count(*) AS n FROM puppet_jobs WHERE status IN ('running', 'waiting') GROUP BY user_id) AS u
"""


@dataclass(frozen=True)
class Plan:
    """How much of what."""

    jobs: int
    users: int
    processors: int
    seed: int = 1
    # How many of the users have nearly all jobs; the others have one each, which comes while the storm goes on.
    hogs: int = 8
    batch_size: int = 20
    max_concurrent: int = 10
    per_user: int = 2
    timeout_s: float = 0.2
    # Above the time-out and what the processor adds to it; otherwise jobs at work would be taken for abandoned.
    stuck_after_s: int = 4
    # Of a thousand jobs so many do what they should not.
    failing: int = 50
    hopeless: int = 10
    hanging: int = 2
    deadly: int = 2
    grouped: int = 100
    # How often a processor is stopped for longer than its jobs live, and then goes on.
    pauses: int = 0

    @property
    def limits(self) -> dict[str, Any]:
        """The processors' configuration."""
        return {
            "batch_size": self.batch_size, "max_concurrent_jobs": self.max_concurrent, "per_user_limit": self.per_user,
            "job_timeout_s": self.timeout_s, "stuck_after_s": self.stuck_after_s,
        }  # fmt: skip


@dataclass
class Seen:
    """What was seen while it went on."""

    polls: int = 0
    most: int = 0
    most_of_a_user: int = 0
    deaths: int = 0
    took_s: float = 0.0
    executions: Counter[str] = field(default_factory=Counter)


def drive(connection: Any, url: str, plan: Plan, record: Path, *, patience_s: float) -> Seen:
    """Let the storm go through its jobs, and return what was seen.

    Raises:
        TimeoutError: not all jobs had ended in time.
    """
    chance = random.Random(plan.seed)  # noqa: S311  # the same storm each time
    singles = [f"single-{number}" for number in range(plan.users - plan.hogs)]
    bulk = plan.jobs - len(singles)
    connection.run(_FILL, jobs=json.dumps([_job(number, plan, chance) for number in range(bulk)]))
    seen, started, arrived = Seen(), time.monotonic(), 0
    with _processors(url, plan, record) as processors:
        while (ended := _ended(connection)) < plan.jobs:
            if time.monotonic() - started > patience_s:
                raise TimeoutError(f"after {patience_s:.0f} s {ended} of {plan.jobs} jobs have ended")
            due = min(len(singles), len(singles) * ended // max(1, bulk - bulk // 4))
            seen.polls += _watch(connection, seen)
            for user in singles[arrived:due]:
                connection.run(_ARRIVE, user=user)
            arrived = max(arrived, due)
            connection.run(_HASTEN)
            seen.deaths += processors.revive()
            processors.pause(plan, ended, chance)
        seen.took_s = time.monotonic() - started
    seen.executions.update(record.read_text("utf-8").splitlines())
    return seen


def faults(connection: Any, plan: Plan, seen: Seen) -> list[str]:
    """Return everything that should not have been."""
    found = [
        f"{name}: {rows[:3]}" for name, query in _MUST_BE_EMPTY.items() if (rows := _rows(connection, query, plan))
    ]
    if seen.most > plan.max_concurrent or seen.most_of_a_user > plan.per_user:
        found.append(f"seen in flight: {seen.most}, of one user {seen.most_of_a_user}")
    twice = [line for line, times in seen.executions.items() if times > 1]
    return [*found, *([f"an attempt was carried out twice: {twice[:3]}"] if twice else [])]


def waits(connection: Any) -> list[int]:
    """Return, for each user with one job, how many jobs were claimed while it was due that had no right to; sorted.

    The right have newcomers whose job was due before. Counted is from when everybody with a backlog has had a turn:
    until then all are new, and whoever was due first comes first.
    """
    return sorted(row[0] for row in connection.run(_WAITS))


def _job(number: int, plan: Plan, chance: random.Random) -> dict[str, Any]:
    kinds = (("fail", plan.failing), ("never", plan.hopeless), ("hang", plan.hanging), ("die", plan.deadly))
    draw, does = chance.randrange(1000), "well"
    for kind, share in kinds:
        if draw < share:
            does = kind
            break
        draw -= share
    lane = f"group-{chance.randrange(20)}" if chance.randrange(1000) < plan.grouped else None
    payload = {"does": does, "takes_s": round(chance.random() * 0.004, 4)}
    return {"user_id": f"hog-{number % plan.hogs}", "payload": payload, "priority": 0, "lane": lane}


class _Processors:
    def __init__(self, url: str, plan: Plan, record: Path) -> None:
        options = {"limits": plan.limits, "record": str(record), "hang_s": plan.timeout_s + 2.5}
        self._command = [sys.executable, str(_PROCESSOR), url, json.dumps(options)]
        self._running = [self._start() for _ in range(plan.processors)]
        self._paused: tuple[subprocess.Popen[bytes], float] | None = None
        self._pauses = 0

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": _PATH, "POWERTOOLS_LOG_LEVEL": "CRITICAL"}
        return subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment)

    def revive(self) -> int:
        """Start another for each that has died; return how many."""
        dead = [process for process in self._running if process.poll() is not None]
        if any(process.returncode not in (0, 9) for process in dead):
            raise RuntimeError("a processor failed; what it said is above")
        for process in dead:
            _close(process)
            self._running.remove(process)
            self._running.append(self._start())
        return len(dead)

    def pause(self, plan: Plan, ended: int, chance: random.Random) -> None:
        """Stop one now and then for longer than its claims live, and let it go on."""
        if self._paused:
            process, until = self._paused
            if time.monotonic() >= until:
                process.send_signal(signal.SIGCONT)
                self._paused = None
        elif self._pauses < plan.pauses and ended >= plan.jobs * (self._pauses + 1) // (plan.pauses + 2):
            self._pauses += 1
            process = chance.choice(self._running)
            process.send_signal(signal.SIGSTOP)
            self._paused = process, time.monotonic() + plan.stuck_after_s + 2

    def end(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()
            _close(process)


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()


@contextmanager
def _processors(url: str, plan: Plan, record: Path) -> Iterator[_Processors]:
    processors = _Processors(url, plan, record)
    try:
        yield processors
    finally:
        processors.end()


def _watch(connection: Any, seen: Seen) -> int:
    """Look several times at what is in flight; each look is one instant."""
    looks = 20
    for _ in range(looks):
        ((jobs, of_a_user),) = connection.run(_IN_FLIGHT)
        seen.most, seen.most_of_a_user = max(seen.most, jobs), max(seen.most_of_a_user, of_a_user)
    return looks


def _ended(connection: Any) -> int:
    return int(connection.run("SELECT count(*) FROM puppet_jobs WHERE final_status IS NOT NULL")[0][0])


def _rows(connection: Any, query: str, plan: Plan) -> list[Any]:
    values = {"max_concurrent": plan.max_concurrent, "per_user": plan.per_user}
    return list(connection.run(query, **{name: value for name, value in values.items() if f":{name}" in query}))


# A refused result belongs to a claim that is in the log already, as stuck.
_SPANS: Final = """
    WITH spans AS (
        SELECT l.job_id, l.user_id, j.concurrency_group, l.started_at AS begun, l.finished_at AS ended
        FROM puppet_job_execution_logs AS l JOIN puppet_jobs AS j ON j.id = l.job_id WHERE l.outcome <> 'refused'
    ), edges AS (
        SELECT user_id, concurrency_group, begun AS at, 1 AS step FROM spans
        UNION ALL SELECT user_id, concurrency_group, ended, -1 FROM spans
    )
"""
_MUST_BE_EMPTY: Final = {
    "a job has not ended": "SELECT id, status FROM puppet_jobs WHERE final_status IS NULL",
    "a job has not ended exactly once": """
        SELECT j.id, count(l.job_id) FROM puppet_jobs AS j
        LEFT JOIN puppet_job_execution_logs AS l ON l.job_id = j.id AND NOT l.will_retry AND l.outcome <> 'refused'
        GROUP BY j.id HAVING count(l.job_id) <> 1""",
    "a job was claimed oftener or seldomer than its log says": """
        SELECT j.id, j.attempts, count(l.job_id) FROM puppet_jobs AS j
        LEFT JOIN puppet_job_execution_logs AS l ON l.job_id = j.id AND l.outcome <> 'refused'
        GROUP BY j.id HAVING count(l.job_id) <> j.attempts""",
    "a job was tried too often": "SELECT id, attempts FROM puppet_jobs WHERE attempts > max_retries + 1",
    "a job has not ended as it should": """
        SELECT id, payload ->> 'does', final_status FROM puppet_jobs
        WHERE final_status <> CASE payload ->> 'does' WHEN 'never' THEN 'failed' ELSE 'success' END
          AND attempts <= max_retries""",
    "too many were in flight": f"""{_SPANS}
        SELECT at, running FROM (SELECT at, sum(step) OVER (ORDER BY at, step) AS running FROM edges) AS r
        WHERE running > :max_concurrent""",
    "too many of one user were in flight": f"""{_SPANS}
        SELECT user_id, at, running FROM (
            SELECT user_id, at, sum(step) OVER (PARTITION BY user_id ORDER BY at, step) AS running FROM edges) AS r
        WHERE running > :per_user""",
    "two of a group were in flight": f"""{_SPANS}
        SELECT concurrency_group, at, running FROM (
            SELECT concurrency_group, at, sum(step) OVER (PARTITION BY concurrency_group ORDER BY at, step) AS running
            FROM edges WHERE concurrency_group IS NOT NULL) AS r
        WHERE running > 1""",
}
_WAITS: Final = """
    SELECT (SELECT count(*) FROM puppet_job_execution_logs AS o
            JOIN puppet_jobs AS oj ON oj.id = o.job_id
            WHERE o.started_at > j.scheduled_at AND o.started_at < f.started_at AND o.outcome <> 'refused'
              AND NOT (o.user_id LIKE 'single-%' AND oj.scheduled_at < j.scheduled_at))
    FROM puppet_jobs AS j
    JOIN puppet_job_execution_logs AS f ON f.job_id = j.id AND f.attempt = 1 AND f.outcome <> 'refused'
    WHERE j.user_id LIKE 'single-%' AND j.scheduled_at > (
        SELECT max(begun) FROM (
            SELECT min(l.started_at) AS begun FROM puppet_job_execution_logs AS l
            WHERE l.user_id LIKE 'hog-%' GROUP BY l.user_id) AS first)
"""
