"""10,000 jobs that do nothing, drained by one process and by two: ours, the peers at their best, and a bare loop.

`python -m benchmarks.queue.drain [--rounds 5]`; `--tune` shows how the peers' settings were found.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from benchmarks.queue.teams import BARE, OURS, OURS_BOUND, PGQUEUER, PROCRASTINATE, Team
from benchmarks.rounds import ROUNDS, Comparison, Contender, Goal, Growth, compare, grow, save
from benchmarks.server import server, version
from benchmarks.workers import locked
from tests.support.databases import DatabaseServer

# So often procrastinate takes part: it takes long, and is far behind.
_SLOW_ROUNDS = 2
# A limited run of more jobs takes longer than it tells more.
_BOUND_JOBS = 3_000
# Of the faster peer's rate, by the number of processes.
_AT_LEAST = {1: 1.0, 2: 1.5}


def drain(on: DatabaseServer, processes: int, rounds: int) -> Comparison:
    """Compare everybody with so many processes each."""
    teams = [OURS, PGQUEUER, BARE, PROCRASTINATE]
    contenders = [_contender(on, team.of(processes), rounds) for team in teams]
    goals = (
        *(Goal(OURS.name, peer.name, _AT_LEAST[processes]) for peer in (PGQUEUER, PROCRASTINATE)),
        Goal(OURS.name, BARE.name, 0.75),
    )
    title = f"{OURS.jobs:,} jobs that do nothing, drained by {_many(processes)}; no limit binds"
    return compare(title, contenders, unit="jobs/s", goals=goals, rounds=rounds)


def bound(on: DatabaseServer, processes: int, rounds: int) -> Comparison:
    """Show what it costs that limits bind: 10 in flight at once, 2 of each of 100 users."""
    teams = [replace(OURS_BOUND, jobs=_BOUND_JOBS), replace(OURS, jobs=_BOUND_JOBS)]
    contenders = [_contender(on, team.of(processes), rounds) for team in teams]
    title = f"{_BOUND_JOBS:,} jobs, by {_many(processes)}; at most 10 in flight, 2 of a user"
    goals = (Goal(OURS_BOUND.name, OURS.name),)
    return compare(title, contenders, unit="jobs/s", goals=goals, rounds=rounds)


def growth(on: DatabaseServer) -> Growth:
    """Show what a job costs with more or fewer in the queue."""
    sizes = (OURS.jobs // 10, OURS.jobs, OURS.jobs * 10)
    title = "Jobs that wait, drained by one process"
    return grow(title, "µs a job", sizes, lambda jobs: 1e6 / replace(OURS, jobs=jobs).rate(on), rounds=1)


def pick_up(on: DatabaseServer, rounds: int) -> Comparison:
    """Show how long a job waits that comes while there is nothing to do.

    Ours does not listen: a job waits for the next tick or for a caller's trigger, and then so long. The peers keep a
    process that listens, and then so long.
    """
    teams = (OURS_BOUND, PGQUEUER, PROCRASTINATE)
    contenders = [Contender(team.name, partial(team.pick_up_ms, on), rounds) for team in teams]
    title = "From the insert of a job into an idle queue to its executor (ours: where a processor is called just then)"
    return compare(title, contenders, unit="ms", rounds=rounds)


def tune(on: DatabaseServer) -> None:
    """Let each peer try its settings."""
    for managers, batch in ((1, 10), (1, 50), (1, 100), (1, 250), (1, 500), (2, 50), (2, 100), (5, 10), (5, 50)):
        _try(on, replace(PGQUEUER, options={"managers": managers, "batch_size": batch}))
    for concurrency in (1, 5, 10, 20, 40):
        for delete_jobs in ("never", "always"):
            _try(on, replace(PROCRASTINATE, options={"concurrency": concurrency, "delete_jobs": delete_jobs}))


def _contender(on: DatabaseServer, team: Team, rounds: int) -> Contender:
    slow = team.name == PROCRASTINATE.name
    return Contender(team.name, lambda: team.rate(on), min(rounds, _SLOW_ROUNDS) if slow else rounds)


def _try(on: DatabaseServer, team: Team) -> None:
    rates = sorted(team.rate(on) for _ in range(2))
    print(f"{team.name} {dict(team.options)}: {rates[0]:,.0f} to {rates[1]:,.0f} jobs/s", flush=True)


def _many(processes: int) -> str:
    return "one process" if processes == 1 else f"{processes} processes"


def _versions(on: DatabaseServer) -> dict[str, str]:
    """What was measured; the peers as they are locked, ours by its libraries."""
    import pg8000

    peers = locked("pgqueuer", "procrastinate", "asyncpg", "psycopg", "uvloop")
    return {"postgresql": version(on), "pg8000": pg8000.__version__, **peers}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/queue.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--tune", action="store_true", help="try settings of the peers instead")
    chosen = parser.parse_args(arguments)
    with server() as on:
        if chosen.tune:
            tune(on)
            return
        comparisons = [drain(on, processes, chosen.rounds) for processes in (1, 2)]
        comparisons += [bound(on, processes, min(chosen.rounds, 3)) for processes in (1, 2)]
        comparisons.append(pick_up(on, min(chosen.rounds, 3)))
        options = {team.name: dict(team.options) for team in (OURS, OURS_BOUND, PGQUEUER, PROCRASTINATE)}
        save("queue", comparisons, _versions(on), options=options, growth=[growth(on).document()])


if __name__ == "__main__":
    main()
