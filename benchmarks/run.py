"""`make bench`: every row after the other, each in a process of its own, and then the page about them.

A row is a module that measures with `benchmarks.rounds` and leaves `benchmarks/results/NAME.json`. What rows need
besides this environment is made before anything is measured.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from benchmarks import page
from benchmarks.forecasting.speed import forecasters
from benchmarks.lambdas import runtime_python
from benchmarks.rounds import ROUNDS
from benchmarks.workers import peers


@dataclass(frozen=True)
class Row:
    """What measures it, and what makes ready what it needs."""

    module: str
    needs: tuple[Callable[[], object], ...] = ()


# The bundle, and the peers' environments.
ROWS: Final[Mapping[str, Row]] = {
    "starts": Row("benchmarks.starts", (runtime_python,)),
    "lock": Row("benchmarks.locks.taking", (peers,)),
    "path": Row("benchmarks.shared_path", (runtime_python,)),
    "door": Row("benchmarks.door", (runtime_python,)),
    "products": Row("benchmarks.products.checks"),
    "extraction": Row("benchmarks.pages.extraction", (peers,)),
    "forecasts": Row("benchmarks.forecasting.speed", (forecasters,)),
    "wishlist": Row("benchmarks.shop.wishlist"),
    "reservations": Row("benchmarks.shop.reservations"),
    "queue": Row("benchmarks.queue.drain", (peers,)),
    "memory": Row("benchmarks.memory.peaks", (runtime_python,)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; 1 when a row could not be measured, never because it was slow."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"some of {', '.join(ROWS)}, with commas between")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args(arguments)
    names = [name for name in chosen.only.split(",") if name] or list(ROWS)
    if unknown := [name for name in names if name not in ROWS]:
        parser.error(f"ONLY={','.join(unknown)}: the rows are {', '.join(ROWS)}")
    _prepare(need for name in names for need in ROWS[name].needs)
    broken = [name for name in names if not _measure(name, chosen.rounds)]
    print(f"\n{page.write()}", flush=True)
    for name in broken:
        print(f"{name} could not be measured; what it said is above", flush=True)
    return 1 if broken else 0


def _prepare(needs: Iterable[Callable[[], object]]) -> None:
    """Make ready what is not there yet, side by side; what fails is said again by the rows that need it."""
    with ThreadPoolExecutor() as pool:
        for each in [pool.submit(need) for need in dict.fromkeys(needs)]:
            each.exception()


def _measure(name: str, rounds: int) -> bool:
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    ended = subprocess.run([sys.executable, "-m", ROWS[name].module, "--rounds", str(rounds)], check=False)  # noqa: S603
    print(f"== {name}: {time.monotonic() - started:.0f} s", flush=True)
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
