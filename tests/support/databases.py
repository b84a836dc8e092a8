"""A PostgreSQL server for a test session, and fresh migrated databases on it, copied from a template."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pg8000.native

from housekeeping.migrations import apply
from local.postgres import Postgres
from nightshift.database import Address, Database

_TEMPLATE = f"nightshift_template_{os.getpid()}"


class DatabaseServer:
    """A server on which databases may be made and dropped."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = itertools.count(1)
        self._has_template = False

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{database}"))

    def connect(self, database: str = "postgres") -> pg8000.native.Connection:
        """A plain connection, to look at what the code under test has done; the caller closes it."""
        parts = urlsplit(self.url(database))
        return pg8000.native.Connection(
            parts.username or "postgres",
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 5432,
            password=parts.password,
            database=database,
        )

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Runs one statement outside a transaction, as CREATE DATABASE wants it."""
        with_connection = self.connect(database)
        try:
            with_connection.run(statement)
        finally:
            with_connection.close()

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """The address of a fresh database, which is dropped afterwards."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {self._template() if migrated else 'template0'}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _template(self) -> str:
        """The migrations are applied once a session; a copy takes a twentieth of a second."""
        if not self._has_template:
            self.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
            address = Address.from_url(self.url(_TEMPLATE))
            database = Database(lambda **_: address)
            apply(database)
            database.close()
            self._has_template = True
        return _TEMPLATE

    def drop_template(self) -> None:
        """Leaves a borrowed server as it was."""
        if self._has_template:
            self.execute(f"DROP DATABASE {_TEMPLATE} WITH (FORCE)")


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A temporary folder that the account of a server can enter as well (pytest's own are closed)."""
    with tempfile.TemporaryDirectory(prefix="nightshift-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@contextmanager
def database_server() -> Iterator[DatabaseServer]:
    """The server that DATABASE_URL names, or one of our own for as long as the tests run."""
    borrowed = os.environ.get("DATABASE_URL")
    if borrowed:
        server = DatabaseServer(borrowed)
        yield server
        server.drop_template()
        return
    with reachable_folder() as folder:
        own = Postgres(folder / "postgres", durable=False)
        own.start()
        try:
            yield DatabaseServer(own.url())
        finally:
            own.stop()
