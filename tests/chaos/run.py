"""`make chaos`: every job under every fault, and the table of what came of it; status 1 where something is wrong.

`python -m tests.chaos.run [--seed N] [--fence off] [--jobs a,b] [--faults "killed after lock,..."] [--lease 3]`
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from tests.chaos.faults import Fault, all_faults
from tests.chaos.ground import Ground, ground
from tests.chaos.rounds import Account, Rounds, Way
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.table import lines

# Rounds mostly wait for leases; more at once than this and two processors would be busy with starting processes.
_AT_ONCE: Final = 5
_RESTART: Final = "PostgreSQL restarted"


def main() -> int:
    """Go through it and say what came of it."""
    asked = _arguments()
    way = Way(asked.seed, asked.lease, asked.fence == "on")
    jobs = asked.jobs.split(",") if asked.jobs else list(SCENARIOS)
    faults = [fault for fault in all_faults() if not asked.faults or fault.name in asked.faults.split(",")]
    print(f"Seed {way.seed} (SEED={way.seed} repeats it), leases of {way.lease_s:g} s, fence {asked.fence}", flush=True)
    started = time.monotonic()
    with ground() as made:
        accounts = carry_out(made, jobs, faults, way)
    for line in lines(accounts):
        print(line)
    wrong = [account.job for account in accounts if not account.holds]
    took_s = time.monotonic() - started
    print(f"\n{sum(account.injected.total() for account in accounts)} faults, {took_s:.0f} s. ", end="")
    print(f"Does not hold: {', '.join(wrong)}" if wrong else "All of it holds.")
    return 1 if wrong else 0


def carry_out(made: Ground, jobs: Sequence[str], faults: Sequence[Fault], way: Way) -> list[Account]:
    """Let all jobs suffer side by side, each in its own world."""
    rounds = [Rounds(made, job, way) for job in jobs]
    alone = [fault for fault in faults if fault.name != _RESTART]
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda each: _suffer(each, alone), rounds))
            if len(alone) < len(faults):
                _restart(made, rounds)
            return list(pool.map(_count, rounds))
    finally:
        for each in rounds:
            each.close()


def _suffer(each: Rounds, faults: Sequence[Fault]) -> None:
    with _told(each):
        each.warm_up()
        each.go(faults)
    print(f"  {each.account.job}: {each.account.injected.total()} faults are over", flush=True)


def _count(each: Rounds) -> Account:
    with _told(each):
        each.count()
    return each.account


@contextmanager
def _told(each: Rounds) -> Iterator[None]:
    """One job's trouble is told with the others' results."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # said above
        each.account.problems.append(f"the chaos run itself failed: {type(error).__name__}: {error}")


def _restart(made: Ground, rounds: Sequence[Rounds]) -> None:
    """Restart PostgreSQL while all jobs are at work."""
    params = [each.scenario.give() for each in rounds]
    first = [
        threading.Thread(target=each.world.run, args=(given, each.world.next_slot()))
        for each, given in zip(rounds, params, strict=True)
    ]
    for thread in first:
        thread.start()
    time.sleep(random.Random(rounds[0].world.chance.random()).uniform(0.3, 1.0))  # noqa: S311  # any moment will do
    made.restart_postgres()
    for thread in first:
        thread.join()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(_recover, rounds, params))


def _recover(each: Rounds, params: Mapping[str, Any]) -> None:
    with _told(each):
        each.recover(_RESTART, dict(params))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--fence", choices=("on", "off"), default="on")
    parser.add_argument("--lease", type=float, default=3.0)
    parser.add_argument("--jobs", default="")
    parser.add_argument("--faults", default="")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
