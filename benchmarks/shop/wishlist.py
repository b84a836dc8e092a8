"""A sale among 1,000,000 wishes, 10,000 of them due: ours, one plain statement, and two loops over rows.

`python -m benchmarks.shop.wishlist [--rounds 5]`
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
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
_ROWS: Final = 300
_SIZES: Final = (10_000, 100_000, 1_000_000)
_DUE: Final = "a loop over what is due"
_ALL: Final = "a loop over all wishes"

_SQL: Final = queries("benchmarks.shop")


def _fill(products: int, connection: Any) -> None:
    connection.run(_SQL["fill_users"], users=USERS)
    connection.run(_SQL["fill_products"], products=products)
    # Row by row the triggers would do what this does at once; the keys of others are there, as they come from there.
    connection.run("ALTER TABLE wishlists DISABLE TRIGGER ALL")
    connection.run(_SQL["fill_wishes"], users=USERS)
    connection.run("ALTER TABLE wishlists ENABLE TRIGGER ALL")


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


def over_due(on: Copies, url: str) -> tuple[int, float]:
    """One query finds what is due, then a transaction of three statements for each."""
    with closing(on.on.connect(_name(url))) as connection:
        started = time.perf_counter()
        due = connection.run(_SQL["find_due"], rows=_ROWS)
        for row in due:
            _tell(connection, *row)
        return len(due), time.perf_counter() - started


def over_all(on: Copies, url: str) -> tuple[float, float]:
    """Each wish is looked at: a query for its price, and where it is due a transaction of three statements.

    Of the wishes looked at so many count as due as of all, not as many as happen to be among them.
    """
    with closing(on.on.connect(_name(url))) as connection:
        started = time.perf_counter()
        wishes = connection.run(_SQL["find_wishes"], rows=_ROWS)
        for wish, user, product, told_step, known in wishes:
            for step, price, currency in connection.run(_SQL["price_of_one"], product=product):
                if told_step < step and price < known:
                    _tell(connection, wish, user, product, step, price, currency)
        return len(wishes) * ON_SALE / PRODUCTS, time.perf_counter() - started


def _tell(connection: Any, *row: Any) -> None:
    wish, user, product, step, price, currency = row
    values: Mapping[str, Any] = {"wish": wish, "step": step, "price": price}
    connection.run("BEGIN")
    connection.run(_SQL["mark_one"], **values)
    connection.run(_SQL["log_one"], **values, currency=currency)
    connection.run(_SQL["write_one"], **values, user=user, product=product)
    connection.run("COMMIT")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/wishlist.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    with ExitStack() as stack:
        sizes = {size: stack.enter_context(filled(partial(_fill, size // USERS))) for size in _SIZES}
        copies = sizes[PRODUCTS * USERS]
        growth = [
            grow("Wishes, 1 % of them due", "µs a wish that is due", _SIZES, lambda size: _share_us(sizes[size], size)),
            grow("Wishes that are due, among 1,000,000", "µs a wish", (100, 1_000, 10_000), partial(_cost_us, copies)),
        ]
        _begin_sale(copies, ON_SALE, PRODUCTS)
        compared = _compare(copies, rounds)
        documents = [each.document() for each in growth]
        save("wishlist", [compared], {"postgresql": version(copies.on)}, growth=documents)


def _compare(copies: Copies, rounds: int) -> Comparison:
    contenders = [
        Contender("Nightshift", lambda: copies.rate(ours), rounds),
        Contender("one plain statement", lambda: copies.rate(partial(plain, copies)), rounds),
        Contender(_DUE, lambda: copies.rate(partial(over_due, copies)), rounds),
        Contender(_ALL, lambda: copies.rate(partial(over_all, copies)), rounds),
    ]
    # As rates: 1 / 1.3 of the plain statement's, and 50 times the loops'.
    goals = (
        Goal("Nightshift", "one plain statement", at_least=1 / 1.3),
        Goal("Nightshift", _ALL, at_least=50),
        Goal("Nightshift", _DUE, at_least=50),
    )
    title = f"{PRODUCTS * USERS:,} wishes, {ON_SALE * USERS:,} of them due"
    return compare(title, contenders, unit="wishes/s", goals=goals, rounds=rounds)


def _begin_sale(copies: Copies, products: int, of: int) -> None:
    with closing(copies.on.connect(copies.original)) as connection:
        connection.run("UPDATE products SET sale_price = NULL WHERE sale_price IS NOT NULL")
        connection.run(_SQL["begin_sale"], every=of // products)
        connection.run("VACUUM ANALYZE products")


def _cost_us(copies: Copies, due: int) -> float:
    _begin_sale(copies, due // USERS, PRODUCTS)
    return 1e6 / copies.rate(ours)


def _share_us(copies: Copies, wishes: int) -> float:
    products = wishes // USERS
    _begin_sale(copies, products // 100, products)
    return 1e6 / copies.rate(ours)


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


if __name__ == "__main__":
    main()
