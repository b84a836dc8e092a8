"""A database that is filled once and copied for every round, so that each contender finds the same rows untouched."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.server import server
from tests.support.databases import DatabaseServer


@dataclass
class Copies:
    """Makes copies of one filled database."""

    on: DatabaseServer
    original: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @contextmanager
    def one(self) -> Iterator[str]:
        """The address of a fresh copy, until the block ends."""
        name = f"copy_{next(self._numbers)}"
        self.on.execute(f"CREATE DATABASE {name} TEMPLATE {self.original} STRATEGY FILE_COPY")
        try:
            yield self.on.url(name)
        finally:
            self.on.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def rate(self, work: Callable[[str], tuple[float, float]]) -> float:
        """Let somebody work on a copy; return items a second, of what it says it did in how many seconds."""
        with self.one() as url:
            done, took_s = work(url)
        return done / took_s


@contextmanager
def filled(fill: Callable[[Any], None]) -> Iterator[Copies]:
    """A server of our own with a migrated database that `fill` has filled over a plain connection."""
    with server() as on, on.database() as url:
        name = url.rpartition("/")[2]
        with closing(on.connect(name)) as connection:
            fill(connection)
            connection.run("VACUUM ANALYZE")
            connection.run("CHECKPOINT")
        yield Copies(on, name)
