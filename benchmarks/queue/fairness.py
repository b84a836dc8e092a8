"""A storm: 100,000 jobs, 1,000 users, 8 processors, workers that fail, hang and die; then what went wrong, if anything.

`python -m benchmarks.queue.fairness [--jobs 100000] [--users 1000] [--processors 8] [--hogs 500]`; ends with 1 where
something did. The short form is tests/integration/puppet/test_fairness.py.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.rounds import machine
from benchmarks.server import server
from tests.support.storm import Plan, Seen, drive, faults, waits


def storm(plan: Plan, patience_s: float) -> tuple[Seen, list[str], list[int]]:
    """Let a storm go by on a server of its own; return what was seen, what should not have been, and who waited."""
    with (
        server() as on,
        on.database() as url,
        tempfile.TemporaryDirectory() as folder,
        closing(on.connect(url.rpartition("/")[2])) as connection,
    ):
        seen = drive(connection, url, plan, Path(folder) / "record", patience_s=patience_s)
        return seen, faults(connection, plan, seen), waits(connection)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("jobs", 100_000), ("users", 1_000), ("processors", 8), ("hogs", 500), ("patience", 3600)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    chosen = parser.parse_args(arguments)
    # Of 100,000 jobs some hundred hang or kill; each costs everybody some time.
    plan = Plan(chosen.jobs, chosen.users, chosen.processors, hogs=chosen.hogs, hanging=1, deadly=1, pauses=5)
    print(f"{plan.jobs:,} jobs of {plan.users:,} users ({plan.hogs} have a backlog), {plan.processors} processors")
    seen, wrong, waited = storm(plan, chosen.patience)
    rate, attempts = plan.jobs / seen.took_s, len(seen.executions)
    print(f"  {seen.took_s:.0f} s, {rate:.0f} jobs/s, {attempts:,} attempts, {seen.deaths} processors died")
    print(
        f"  in flight at most {seen.most} of {plan.max_concurrent}, of a user {seen.most_of_a_user} of {plan.per_user},"
    )
    print(f"  in {seen.polls:,} looks; {machine()}")
    batches = [jobs / plan.batch_size for jobs in waited]
    middle, most = statistics.median(batches), max(batches)
    print(f"  after the first round {len(batches)} users with one job waited {middle:.1f} batches, {most:.1f} at most,")
    print("  not counting users with one job that was due before theirs")
    if most > 2:
        wrong.append(f"somebody with one job waited {most:.1f} batches")
    print(
        "\n".join(f"  WRONG: {each}" for each in wrong)
        or "  every job ended once, no limit was passed, nobody was forgotten"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
