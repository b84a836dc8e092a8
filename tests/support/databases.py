"""A PostgreSQL server for a test session, and fresh migrated databases on it, copied from a template."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pg8000.native

from housekeeping.migrations import apply
from local.postgres import Postgres
from nightshift.connecting import Address
from nightshift.database import Database
from tests.support import planted

_TEMPLATE = f"nightshift_template_{os.getpid()}"


class DatabaseServer:
    """A server on which databases may be made and dropped."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = itertools.count(1)
        self._has_template = False
        self._used: list[str] = []

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
            ssl_context=False,  # to find out that there is no TLS takes 40 ms
        )

    def execute(self, statement: str) -> None:
        """Runs one statement outside a transaction, as CREATE DATABASE wants it."""
        self._admin.run(statement)

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """The address of a fresh database, which is dropped afterwards."""
        self.drop_used()
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        template = self._template() if migrated else "template0"
        # A copy of the files is cheaper than the usual way through the write-ahead log.
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield self.url(name)
        self._used.append(name)

    def drop_used(self) -> None:
        """Drops the databases of earlier tests: right after a test its connections are still ending."""
        while self._used:
            self.execute(f"DROP DATABASE {self._used.pop()} WITH (FORCE)")

    def close(self) -> None:
        """Leaves a borrowed server as it was."""
        self.drop_used()
        if self._has_template:
            self.execute(f"DROP DATABASE {_TEMPLATE} WITH (FORCE)")
        self._admin.close()

    @cached_property
    def _admin(self) -> pg8000.native.Connection:
        return self.connect()

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


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A temporary folder that the account of a server can enter as well (pytest's own are closed)."""
    with tempfile.TemporaryDirectory(prefix="nightshift-", dir=_in_memory()) as name:
        folder = Path(name)
        folder.chmod(0o711)
        try:
            yield folder
        finally:
            planted.look_into(folder)


def _in_memory() -> Path | None:
    """Where files cost least, if there is room: a database of a test is 9 MB."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder in it has a name of its own
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30 else None


@contextmanager
def database_server() -> Iterator[DatabaseServer]:
    """The server that DATABASE_URL names, or one of our own for as long as the tests run."""
    borrowed = os.environ.get("DATABASE_URL")
    if borrowed:
        with closing(DatabaseServer(borrowed)) as server:
            yield server
        return
    with reachable_folder() as folder:
        own = Postgres(folder / "postgres", durable=False)
        own.start()
        planted.plant_all(urlsplit(own.url()).password or "")
        try:
            with closing(DatabaseServer(own.url())) as server:
                yield server
        finally:
            own.stop()
