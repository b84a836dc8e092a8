"""PostgreSQL as many processes see it at once, on a clock that is counted.

Their real messages are carried out one by one, and each takes the time that it has cost the server. Who waits for the
claim's lock, for a connection or for one of the server's cores, waits in the simulation; what a message decides is
decided by the server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.scale.simulation import Simulation, Station
from nightshift.database import Database, Row
from nightshift.errors import DatabaseBusy, DatabaseUnavailable
from nightshift.sql import queries

# As in the queries `claim` and `exchange`: who has not come to their turn by then comes again later.
TURN_PATIENCE_S: Final = 1.0
# How long RDS Proxy lets a client wait for a connection.
_BORROW_S: Final = 120.0


@dataclass(frozen=True)
class Surroundings:
    """Where the database and those who ask it are.

    Attributes:
        cores: those of the database.
        round_trip_s: between a process and the database, through the proxy where there is one.
        commit_s: how long a commit waits for the disk.
        connections: what the database allows (max_connections).
        pool: connections that a proxy keeps for everybody; 0: there is none, and each process has its own.
        slowness: how much longer a process computes than here, such as 1.7 with 1,024 MB of Lambda's memory.
        shares_cores: whether the processes compute on the database's cores, as they do on one machine.
    """

    cores: int = 2
    round_trip_s: float = 0.0
    commit_s: float = 0.0
    connections: int = 5_000
    pool: int = 0
    slowness: float = 1.0
    shares_cores: bool = False


@dataclass(frozen=True)
class Costs:
    """What was measured of a message before, to know which part of it comes before the claim's lock.

    Attributes:
        message_s: the server's part of any message. result_s: of one result more.
    """

    message_s: float = 0.0
    result_s: float = 0.0

    def results_s(self, number: int) -> float:
        """Return what it takes to write so many results."""
        return self.message_s + number * self.result_s


class Server:
    """A database server: its cores and its connections."""

    def __init__(self, simulation: Simulation, surroundings: Surroundings) -> None:
        self.simulation = simulation
        self.surroundings = surroundings
        self.cores = Station(simulation, "database cores", surroundings.cores)
        places = surroundings.pool or surroundings.connections
        self.connections = Station(simulation, "connections", places)

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Hold one of the proxy's connections for a transaction; without a proxy each process has its own."""
        if not self.surroundings.pool:
            yield
            return
        if not self.connections.take(_BORROW_S):
            raise DatabaseUnavailable("the proxy has no connection")
        try:
            yield
        finally:
            self.connections.give()

    def compute(self, seconds: float) -> None:
        """Let a process compute, there where processes do."""
        if self.surroundings.shares_cores:
            self.cores.serve(seconds)
        else:
            self.simulation.sleep(seconds * self.surroundings.slowness)


class Tables:
    """One real database, and the lock that lets one claimer at a time choose among its jobs."""

    def __init__(self, server: Server, real: Database, costs: Costs) -> None:
        self.server = server
        self.turn = Station(server.simulation, "claim lock", 1)
        self.written = 0
        self.claims = 0
        self.messages = 0
        self._real = real
        self._costs = costs
        backend = real.read("SELECT pg_backend_pid() AS pid")[0]["pid"]
        self._server_cpu_s = cpu_clock(backend)

    def reset(self) -> None:
        """Forget what was counted."""
        self.turn.reset()
        self.written = self.claims = self.messages = 0

    def has_jobs(self) -> bool:
        """Whether jobs are left that nobody has begun."""
        return bool(self._real.read("SELECT 1 FROM puppet_jobs WHERE status = 'pending' LIMIT 1"))

    def measured(self, statement: str, values: dict[str, Any], *, writes: bool) -> tuple[list[Row], float]:
        """Let the real server carry out a message; return its answer and for how long the server computed."""
        began_s = self._server_cpu_s()
        rows = (self._real.write if writes else self._real.read)(statement, **values)
        self.messages += 1
        return rows, max(0.0, self._server_cpu_s() - began_s)

    def results_s(self, number: int) -> float:
        """Return what it takes to write so many results."""
        return self._costs.results_s(number)


@dataclass
class Client:
    """What a process has in place of its database: the same messages, on the clock of the simulation."""

    tables: Tables
    _is_connected: bool = field(default=False, init=False)

    def read(self, statement: str, **values: Any) -> list[Row]:
        """As `Database.read`."""
        return self._send(statement, values, writes=False)

    def write(self, statement: str, **values: Any) -> list[Row]:
        """As `Database.write`."""
        return self._send(statement, values, writes=True)

    def close(self) -> None:
        """Give the connection back."""
        if self._is_connected:
            self._is_connected = False
            self.tables.server.connections.give()

    def _send(self, statement: str, values: dict[str, Any], *, writes: bool) -> list[Row]:
        server = self.tables.server
        simulation, half_s = server.simulation, server.surroundings.round_trip_s / 2
        server.compute(simulation.computed_s())
        self._connect()
        simulation.sleep(half_s)
        with server.connection():
            takes_turn = statement in _claims()
            rows = self._in_turn(statement, values) if takes_turn else self._at_once(statement, values, writes=writes)
        simulation.sleep(half_s)
        return rows

    def _connect(self) -> None:
        server = self.tables.server
        if self._is_connected or server.surroundings.pool:
            return
        if not server.connections.take(0.0):
            raise DatabaseUnavailable("sorry, too many clients already", "53300")
        self._is_connected = True

    def _at_once(self, statement: str, values: dict[str, Any], *, writes: bool) -> list[Row]:
        rows, took_s = self._carried_out(statement, values, writes=writes)
        self.tables.server.cores.serve(took_s)
        if writes:
            self.tables.server.simulation.sleep(self.tables.server.surroundings.commit_s)
        self._count(values)
        return rows

    def _in_turn(self, statement: str, values: dict[str, Any]) -> list[Row]:
        """The results come before the lock, which is held until the commit is done; see exchange_puppet_jobs."""
        tables, server = self.tables, self.tables.server
        before_s = tables.results_s(_results(values))
        server.cores.serve(before_s)
        if not tables.turn.take(TURN_PATIENCE_S):
            raise DatabaseBusy("canceling statement due to lock timeout", "55P03")
        try:
            rows, took_s = self._carried_out(statement, values, writes=True)
            server.cores.serve(max(0.0, took_s - before_s))
            server.simulation.sleep(server.surroundings.commit_s)
        finally:
            tables.turn.give()
        tables.claims += 1
        self._count(values)
        return rows

    def _carried_out(self, statement: str, values: dict[str, Any], *, writes: bool) -> tuple[list[Row], float]:
        rows, took_s = self.tables.measured(statement, values, writes=writes)
        # To send it and to read the answer is the process's own work.
        self.tables.server.compute(self.tables.server.simulation.computed_s())
        return rows, took_s

    def _count(self, values: dict[str, Any]) -> None:
        self.tables.written += _results(values)


def cpu_clock(backend: int) -> Callable[[], float]:
    """Return a clock of the seconds that one of the server's processes has computed, or the wall clock without /proc.

    What it computed is the same on a busy machine, where what passed meanwhile is not.
    """
    statistics = Path(f"/proc/{backend}/schedstat")
    if not statistics.exists():
        return time.perf_counter
    return lambda: int(statistics.read_text("ascii").split()[0]) / 1e9


def _claims() -> tuple[str, str]:
    known = queries("puppet")
    return known["claim"], known["exchange"]


def _results(values: dict[str, Any]) -> int:
    said = values.get("results", "")
    return said.count('"job_id"') if isinstance(said, str) else 0
