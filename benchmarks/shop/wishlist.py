"""A sale among 1,000,000 wishes, 10,000 of them due: ours, one plain statement, and a loop over rows.

`python -m benchmarks.shop.wishlist [--rounds 5]`
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.rounds import ROUNDS, Comparison, Contender, Goal, compare, grow, save
from benchmarks.server import version
from benchmarks.shop.copies import Copies, filled
from nightshift.sql import queries
from tests.support.runs import running
from wishlist.check_sales import CHECK_SALES
from wishlist.checking import find, sales

PRODUCTS: Final = 10_000
USERS: Final = 100
# So many of the products are on sale: each is wished for by every user.
ON_SALE: Final = 100
# A loop over rows does the same with each; more of them would take longer and say no more.
_ROWS: Final = 1_000

_SQL: Final = queries("benchmarks.shop")


def _fill(connection: Any) -> None:
    connection.run(_SQL["fill_users"], users=USERS)
    connection.run(_SQL["fill_products"], products=PRODUCTS)
    # Row by row the triggers would do what this does at once.
    connection.run("ALTER TABLE wishlists DISABLE TRIGGER USER")
    connection.run(_SQL["fill_wishes"], users=USERS)
    connection.run("ALTER TABLE wishlists ENABLE TRIGGER USER")


def ours(url: str) -> tuple[int, float]:
    """The search of the job as it is: in fenced pages, beside people who change their wishes."""
    with running(CHECK_SALES, url) as run:
        run.database.read("SELECT 1 AS one")
        started = time.perf_counter()
        notified = find(run, sales(0)).notified
        return notified, time.perf_counter() - started


def plain(on: Copies, url: str) -> tuple[int, float]:
    """One statement."""
    with closing(on.on.connect(_name(url))) as connection:
        started = time.perf_counter()
        done = connection.run(_SQL["tell_all"])[0][0]
        return int(done), time.perf_counter() - started


def row_by_row(on: Copies, url: str) -> tuple[int, float]:
    """The same with a transaction of three statements for each wish."""
    with closing(on.on.connect(_name(url))) as connection:
        started = time.perf_counter()
        due = connection.run(_SQL["find_due"], rows=_ROWS)
        for wish, user, product, step, price, currency in due:
            values: Mapping[str, Any] = {"wish": wish, "step": step, "price": price}
            connection.run("BEGIN")
            connection.run(_SQL["mark_one"], **values)
            connection.run(_SQL["log_one"], **values, currency=currency)
            connection.run(_SQL["write_one"], **values, user=user, product=product)
            connection.run("COMMIT")
        return len(due), time.perf_counter() - started


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/wishlist.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    with filled(_fill) as copies:
        growth = grow(
            "Wishes that are due, among 1,000,000", "µs a wish", (100, 1_000, 10_000), partial(_cost_us, copies)
        )
        _begin_sale(copies, ON_SALE)
        compared = _compare(copies, rounds)
        save("wishlist", [compared], {"postgresql": version(copies.on)}, growth=[growth.document()])


def _compare(copies: Copies, rounds: int) -> Comparison:
    contenders = [
        Contender("Nightshift", lambda: copies.rate(ours), rounds),
        Contender("one plain statement", lambda: copies.rate(partial(plain, copies)), rounds),
        Contender("a loop over rows", lambda: copies.rate(partial(row_by_row, copies)), min(rounds, 3)),
    ]
    # As rates: 1 / 1.3 of the plain statement's, and 50 times the loop's.
    goals = (
        Goal("Nightshift", "one plain statement", at_least=1 / 1.3),
        Goal("Nightshift", "a loop over rows", at_least=50),
    )
    title = f"{PRODUCTS * USERS:,} wishes, {ON_SALE * USERS:,} of them due"
    return compare(title, contenders, unit="wishes/s", goals=goals, rounds=rounds)


def _begin_sale(copies: Copies, products: int) -> None:
    with closing(copies.on.connect(copies.original)) as connection:
        connection.run("UPDATE products SET sale_price = NULL WHERE sale_price IS NOT NULL")
        connection.run(_SQL["begin_sale"], every=PRODUCTS // products)
        connection.run("VACUUM ANALYZE products")


def _cost_us(copies: Copies, due: int) -> float:
    _begin_sale(copies, due // USERS)
    return 1e6 / copies.rate(ours)


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


if __name__ == "__main__":
    main()
