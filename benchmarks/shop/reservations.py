"""100,000 holds that have expired: ours, one plain statement, and a loop over rows.

`python -m benchmarks.shop.reservations [--rounds 5]`
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.rounds import ROUNDS, Contender, Goal, compare, grow, save
from benchmarks.server import version
from benchmarks.shop.copies import Copies, filled
from nightshift.sql import queries
from reservations.cleanup import release_expired
from reservations.cleanup_reservations import CLEANUP_RESERVATIONS
from tests.support.runs import running

HOLDS: Final = 100_000
PRODUCTS: Final = 1_000
_SIZES: Final = (HOLDS // 100, HOLDS // 10, HOLDS)
# A loop over rows does the same with each; more of them would take longer and say no more.
_ROWS: Final = 500
_SQL: Final = queries("benchmarks.shop")


def ours(url: str) -> tuple[int, float]:
    """The cleanup as it is: in short fenced batches that wait for no checkout."""
    with running(CLEANUP_RESERVATIONS, url, time_left_s=600) as run:
        run.database.read("SELECT 1 AS one")
        started = time.perf_counter()
        released = release_expired(run).processed
        return released, time.perf_counter() - started


def plain(on: Copies, url: str) -> tuple[int, float]:
    """One statement, which keeps every checkout out until it ends."""
    with closing(on.on.connect(_name(url))) as connection:
        started = time.perf_counter()
        done = connection.run(_SQL["release_all"])[0][0]
        return int(done), time.perf_counter() - started


def row_by_row(on: Copies, url: str) -> tuple[int, float]:
    """The same with a transaction of two statements for each hold."""
    with closing(on.on.connect(_name(url))) as connection:
        started = time.perf_counter()
        expired = connection.run(_SQL["find_expired"], rows=_ROWS)
        for hold, stock, quantity in expired:
            connection.run("BEGIN")
            connection.run(_SQL["give_back_one"], stock=stock, quantity=quantity)
            connection.run(_SQL["end_one"], hold=hold)
            connection.run("COMMIT")
        return len(expired), time.perf_counter() - started


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/reservations.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    with ExitStack() as stack:
        sizes = {size: stack.enter_context(filled(partial(_fill, size))) for size in _SIZES}
        copies = sizes[HOLDS]
        growth = grow("Holds that have expired", "µs a hold", _SIZES, lambda size: 1e6 / sizes[size].rate(ours))
        contenders = [
            Contender("Nightshift", lambda: copies.rate(ours), rounds),
            Contender("one plain statement", lambda: copies.rate(partial(plain, copies)), rounds),
            Contender("a loop over rows", lambda: copies.rate(partial(row_by_row, copies)), rounds),
        ]
        # As rates: half of the plain statement's, and 20 times the loop's.
        goals = (
            Goal("Nightshift", "one plain statement", at_least=0.5),
            Goal("Nightshift", "a loop over rows", at_least=20),
        )
        title = f"{HOLDS:,} expired holds on {PRODUCTS:,} stock rows"
        compared = compare(title, contenders, unit="holds/s", goals=goals, rounds=rounds)
        save("reservations", [compared], {"postgresql": version(copies.on)}, growth=[growth.document()])


def _fill(holds: int, connection: Any) -> None:
    connection.run(_SQL["fill_products"], products=PRODUCTS)
    connection.run(_SQL["fill_stock"], holds=holds, products=PRODUCTS)
    connection.run(_SQL["fill_holds"], holds=holds, products=PRODUCTS)


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


if __name__ == "__main__":
    main()
