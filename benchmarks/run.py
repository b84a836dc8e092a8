"""`make bench`: every row after the other, each in a process of its own, and then the page about them.

A row is a module that measures with `benchmarks.rounds` and leaves `benchmarks/results/NAME.json`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks import page
from benchmarks.rounds import ROUNDS

ROWS: Final[Mapping[str, str]] = {
    "starts": "benchmarks.starts",
    "lock": "benchmarks.locks.taking",
    "path": "benchmarks.shared_path",
    "door": "benchmarks.door",
    "products": "benchmarks.products.checks",
    "extraction": "benchmarks.pages.extraction",
    "forecasts": "benchmarks.forecasting.speed",
    "wishlist": "benchmarks.shop.wishlist",
    "reservations": "benchmarks.shop.reservations",
    "queue": "benchmarks.queue.drain",
    "memory": "benchmarks.memory.peaks",
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
    broken = [name for name in names if not _measure(name, chosen.rounds)]
    print(f"\n{page.write()}", flush=True)
    for name in broken:
        print(f"{name} could not be measured; what it said is above", flush=True)
    return 1 if broken else 0


def _measure(name: str, rounds: int) -> bool:
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    ended = subprocess.run([sys.executable, "-m", ROWS[name], "--rounds", str(rounds)], check=False)  # noqa: S603
    print(f"== {name}: {time.monotonic() - started:.0f} s", flush=True)
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
