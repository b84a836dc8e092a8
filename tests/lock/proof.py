"""Looks for a history of the lock that breaks a claim: on any table, with the code as it is or with a mistake in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pg8000.native
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from nightshift import fence, job
from nightshift.connecting import Address
from nightshift.database import Database
from tests.lock.machine import LockMachine
from tests.lock.mutants import Mutant, altered
from tests.lock.table import MemoryTable


@dataclass(frozen=True)
class Found:
    """How many histories were tried, the first claim that one of them broke, and that one step by step."""

    histories: int
    broken: str
    history: str = ""


@contextmanager
def connections(url: str) -> Iterator[tuple[Database, ...]]:
    """One connection for each worker."""
    address = Address.from_url(url)
    opened = tuple(Database(lambda **_: address, f"worker {number}") for number in range(2))
    try:
        yield opened
    finally:
        for database in opened:
            database.close()


@contextmanager
def mistake(mutant: Mutant, connection: pg8000.native.Connection) -> Iterator[None]:
    """Put the mistake where the library's own code is: the fence's statements and its function in PostgreSQL."""
    as_it_is = connection.run("SELECT pg_get_functiondef('hold_fences'::regproc)")[0][0]
    vars(job)["fence"] = mutant.fence_module
    try:
        if mutant.hold_fences:
            connection.run(altered(as_it_is, mutant.hold_fences))
        yield
    finally:
        vars(job)["fence"] = fence
        if mutant.hold_fences:
            connection.run(as_it_is)


@dataclass
class Proof:
    """Where histories are tried: a database, and a table if it is not one in memory."""

    url: str
    connection: pg8000.native.Connection
    databases: tuple[Database, ...]

    def look(
        self, mutant: Mutant, histories: int, *, table: Any = None, afresh: bool = False, shrink: bool = False
    ) -> Found:
        """Try so many histories, or as many as it takes to break a claim; `afresh` tries others each time."""
        machine = machine_of(mutant, self.databases, table or MemoryTable())
        phases = [Phase.generate, *([Phase.shrink] if shrink else [])]
        search = settings(
            max_examples=histories, stateful_step_count=10, derandomize=not afresh, database=None, deadline=None,
            phases=phases, report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        with mistake(mutant, self.connection):
            try:
                run_state_machine_as_test(machine, settings=search)
            except AssertionError as error:
                told = "\n".join(getattr(error, "__notes__", ()))
                return Found(machine.tried, str(error).partition("\n")[0], told)
        return Found(machine.tried, "")


def machine_of(mutant: Mutant, databases: Sequence[Database], table: Any) -> Any:
    """The state machine for one table and one version of the code; it counts its histories."""
    make_locks, used = mutant.locks, tuple(databases)

    class Machine(LockMachine):
        tried = 0

        def __init__(self) -> None:
            super().__init__()
            Machine.tried += 1

    Machine.table, Machine.make_locks, Machine.databases = table, make_locks, used
    Machine.fence = mutant.fence_module
    return Machine


@contextmanager
def proof(url: str) -> Iterator[Proof]:
    """A proof on a fresh, migrated database."""
    parts = Address.from_url(url)
    connection = pg8000.native.Connection(
        parts.user, host=parts.host, port=parts.port, password=parts.password, database=parts.database,
        ssl_context=False,
    )  # fmt: skip
    with closing(connection), connections(url) as databases:
        yield Proof(url, connection, databases)
