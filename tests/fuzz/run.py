"""`make fuzz [SECONDS=60]`: every fuzzer for its share of the time, with new inputs each time."""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz import mails, pages, readers, statements, words
from tests.fuzz.target import Target
from tests.support.databases import database_server

_BATCH = 200
# Far more than any input needs, on a slow machine as well; what takes longer than this is told as a failure.
LONGEST_S = 20.0


class TooSlow(AssertionError):  # it says what is wrong
    """One input kept a reader busy for longer than any may."""


@dataclass
class Tally:
    """What one fuzzer has done."""

    inputs: int = 0
    slowest_s: float = 0.0
    failures: list[str] = field(default_factory=list)


def run(target: Target, seconds: float) -> Tally:
    """Try new inputs until the time is over; a failure ends it, once it has been made as small as it gets."""
    tally, until = Tally(), time.monotonic() + seconds
    check = _timed(target.check, tally)
    while not tally.failures and (not tally.inputs or time.monotonic() < until):
        number = random.SystemRandom().randrange(2**32)
        try:
            _batch(target, check, number, until)
        except Exception:  # noqa: BLE001  # whatever it is, it is what was looked for
            tally.failures.append(f"seed {number}\n{traceback.format_exc()}")
    return tally


def _batch(target: Target, check: Callable[[Any], None], number: int, until: float) -> None:
    found: list[Any] = []

    def once(value: Any) -> None:
        # What comes after the end is let through at once; a failure goes on being made smaller.
        if time.monotonic() < until or found:
            try:
                check(value)
            except BaseException:
                found.append(value)
                raise

    searching = settings(
        max_examples=_BATCH, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck), derandomize=False,
    )  # fmt: skip
    seed(number)(searching(given(target.inputs)(once)))()


def _timed(check: Callable[[Any], object], tally: Tally) -> Callable[[Any], None]:
    def timed(value: Any) -> None:
        began = time.monotonic()
        tally.inputs += 1
        check(value)
        took_s = time.monotonic() - began
        tally.slowest_s = max(tally.slowest_s, took_s)
        if took_s > LONGEST_S:
            raise TooSlow(f"one input took {took_s:.1f} s")

    return timed


def told(target: Target, tally: Tally) -> str:
    """Return what one fuzzer did, on one line."""
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    outcome = "BROKEN" if tally.failures else "fine"
    slowest = f"slowest {tally.slowest_s * 1000:8.1f} ms"
    return f"{target.name:28}{tally.inputs:8} inputs   {slowest}   process {memory_mb:5.0f} MB   {outcome}"


def main() -> int:
    """Run all fuzzers; 1 where one of them found something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float, nargs="?", default=60.0, help="for all of them together")
    parser.add_argument("--only", default="", help="fuzzers whose name holds this")
    given_here = parser.parse_args()
    failures: list[str] = []
    with database_server() as server, statements.targets(server) as of_statements:
        everything = (*pages.TARGETS, *readers.TARGETS, *mails.TARGETS, *words.TARGETS, *of_statements)
        targets = [target for target in everything if given_here.only in target.name]
        if not targets:
            parser.error(f"ONLY={given_here.only}: the fuzzers are {', '.join(each.name for each in everything)}")
        print(f"{len(targets)} fuzzers, {given_here.seconds / len(targets):.1f} s each, {len(pages.stored())} pages")
        for target in targets:
            tally = run(target, given_here.seconds / len(targets))
            print(told(target, tally), flush=True)
            failures += [f"== {target.name}: {failure}" for failure in tally.failures]
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
