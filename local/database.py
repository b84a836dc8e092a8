"""The database of the local system: its own server, or the one that DATABASE_URL names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from local import postgres_account
from local.postgres import Postgres

_NAME: Final = "nightshift"


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A plain connection for our own few questions."""
    import pg8000.native

    parts = urlsplit(url)
    connection = pg8000.native.Connection(
        unquote(parts.username or "postgres"),
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 5432,
        password=unquote(parts.password or "") or None,
        database=unquote(parts.path.lstrip("/")) or "postgres",
        timeout=10,
        # pg8000 asks for TLS unless told otherwise; on this machine there is none, and asking takes 40 ms.
        ssl_context=False if parts.hostname in ("127.0.0.1", "localhost") else None,
    )
    try:
        yield connection
    finally:
        connection.close()


class LocalDatabase:
    """Started and stopped with the system, unless it is somebody else's."""

    def __init__(self, state: Path, *, durable: bool) -> None:
        """`state` is where a server of our own keeps its data, if its account can get there."""
        self.url = os.environ.get("DATABASE_URL", "")
        self.is_borrowed = bool(self.url)
        self._state = state
        self._durable = durable
        self._server: Postgres | None = None

    def start(self) -> None:
        """Starts our own server, and makes the database if it is new."""
        if self.is_borrowed:
            return
        self._server = Postgres(postgres_account.place_for(self._state / "postgres"), durable=self._durable)
        self._server.start()
        with connected(self._server.url()) as connection:
            if not connection.run("SELECT 1 FROM pg_database WHERE datname = :name", name=_NAME):
                connection.run(f"CREATE DATABASE {_NAME}")
        self.url = self._server.url(_NAME)

    def describe(self) -> str:
        """Where it is, for people; without the password."""
        if self._server is None:
            return f"{urlsplit(self.url).hostname}, as DATABASE_URL says"
        return f"port {self._server.port}, data in {self._server.home}"

    def fences(self) -> dict[str, int]:
        """The newest fence of every lock that a run has written under."""
        with connected(self.url) as connection:
            if connection.run("SELECT to_regclass('job_fence')") == [[None]]:
                return {}
            return {name: int(fence) for name, fence in connection.run("SELECT job, fence FROM job_fence")}

    def stop(self) -> None:
        """Stops our own server."""
        if self._server is not None:
            self._server.stop()
