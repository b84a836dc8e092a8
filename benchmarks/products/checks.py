"""500 product pages on 50 hosts that take 100 ms for an answer: the checks as they are, and the best possible.

`python -m benchmarks.products.checks [--rounds 5]`
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.aws import services
from benchmarks.products.shops import pages
from benchmarks.rounds import ROUNDS, Comparison, Contender, Goal, compare, grow, save
from benchmarks.server import server, version
from local.aws import credentials
from local.leash import leashed
from nightshift.sql import queries
from product_checks.check_products import CHECK_PRODUCTS
from product_checks.checking import check_due_products
from tests.support.aws import Aws
from tests.support.runs import running

HOSTS: Final = 50
# So few that the process is not busy with the pages all the time.
_FEW_HOSTS: Final = 10
PAGES_A_HOST: Final = 10
LATENCY_MS: Final = 100
# The lock table as `running` has it.
_LOCKS: Final = "none"
_SQL: Final = queries("benchmarks.products")


@dataclass(frozen=True)
class Cost:
    """What a run of checks took, by the clock and of this process's CPU."""

    checked: int
    took_s: float
    cpu_s: float

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of CPU for one page."""
        return self.cpu_s * 1000 / self.checked


def best_possible_s(pages_a_host: int) -> float:
    """The time of a run that costs nothing itself.

    All hosts side by side; at each robots.txt and then its pages one after the other, as politeness wants it.
    """
    return LATENCY_MS * (pages_a_host + 1) / 1000


def check(url: str, pages: int) -> Cost:
    """Let the job check what is due, as it does when it is called."""
    with running(CHECK_PRODUCTS, url, time_left_s=600) as run:
        run.params = {"limit": 500}
        run.database.read("SELECT 1 AS one")
        # Made by a process once; how long that takes is a start's matter.
        run.platform.client("dynamodb")
        started, cpu = time.perf_counter(), time.process_time()
        outcome = check_due_products(run)
        cost = Cost(outcome.processed, time.perf_counter() - started, time.process_time() - cpu)
    # A machine that stands still for seconds may lose a connection that was just about to be used again.
    if outcome.processed != pages or outcome.failed > pages // 100:
        raise RuntimeError(
            f"{outcome.processed} of {pages} pages checked, {outcome.failed} failed: {outcome.errors[:3]}"
        )
    return cost


@dataclass(frozen=True)
class Market:
    """A database whose products are the pages of our hosts; each has been checked once."""

    url: str
    connection: Any

    def check(self, pages: int) -> Cost:
        """Let so many of them be due, and check them."""
        self.connection.run(_SQL["put_off"])
        self.connection.run(_SQL["make_due"], pages=pages)
        return check(self.url, pages)


@contextmanager
def market() -> Iterator[tuple[Market, str]]:
    """Hosts, a stand-in for DynamoDB and a database with their products, and the database's version."""
    with ExitStack() as stack:
        endpoint = stack.enter_context(services())
        ports = stack.enter_context(_shops())
        on = stack.enter_context(server())
        url = stack.enter_context(on.database())
        connection = stack.enter_context(closing(on.connect(urlsplit(url).path.lstrip("/"))))
        os.environ |= credentials() | {"AWS_ENDPOINT_URL": endpoint, "CHECK_ALLOW_LOOPBACK": "true"}
        Aws(endpoint).create_table(_LOCKS)
        urls = [f"http://127.0.0.1:{port}{path}" for port in ports for path in islice(pages(), PAGES_A_HOST)]
        connection.run(_SQL["track"], urls=json.dumps(urls))
        made = Market(url, connection)
        made.check(len(urls))
        connection.run("VACUUM ANALYZE")
        yield made, version(on)


@contextmanager
def _shops() -> Iterator[list[int]]:
    """The hosts, in a process of their own; gives their ports."""
    command = [sys.executable, "-m", "benchmarks.products.shops", str(HOSTS), str(LATENCY_MS)]
    with subprocess.Popen(leashed(command, death=signal.SIGKILL), stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # ours
        try:
            assert process.stdout
            ports = [int(port) for port in process.stdout.readline().split()]
            if not ports:
                raise RuntimeError("the shops did not open; what they said is above")
            yield ports
        finally:
            process.kill()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/products.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    with market() as (here, database):
        comparisons = [_compare(here, hosts, rounds) for hosts in (HOSTS, _FEW_HOSTS)]
        pages = HOSTS * PAGES_A_HOST
        sizes = (pages // 100, pages // 10, pages)
        growth = grow("Pages, 10 of a host", "ms of CPU a page", sizes, lambda size: here.check(size).cpu_ms)
        save("products", comparisons, {"postgresql": database}, growth=[growth.document()])


def _compare(here: Market, hosts: int, rounds: int) -> Comparison:
    pages = hosts * PAGES_A_HOST
    contenders = [
        Contender("Nightshift", lambda: here.check(pages).took_s, rounds),
        Contender("the best possible", lambda: best_possible_s(PAGES_A_HOST), rounds),
    ]
    goals = (Goal("Nightshift", "the best possible", at_most=1.3),)
    title = f"{pages} pages on {hosts} hosts that answer after {LATENCY_MS} ms"
    return compare(title, contenders, unit="s", goals=goals, rounds=rounds)


if __name__ == "__main__":
    main()
