"""Where PostgreSQL is, and a connection to it: verified by TLS unless the server is on this machine."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from nightshift.errors import ConfigurationError, DatabaseUnavailable
from nightshift.loopback import is_loopback

if TYPE_CHECKING:
    from nightshift.wire import LastResultConnection as Connection

CONNECT_TIMEOUT_S = 10


@dataclass(frozen=True)
class Address:
    """Where PostgreSQL is and who we are there."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    ca_file: str | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine, where TLS is neither offered nor needed."""
        return is_loopback(self.host)

    @classmethod
    def from_url(cls, url: str, name: str = "DATABASE_URL") -> Address:
        """Read `postgresql://user:password@host:port/database[?sslrootcert=file]`; `name` is what it is called."""
        form = f"{name} must look like postgresql://user:password@host:5432/database"
        try:
            parts = urlsplit(url)
            port = parts.port or 5432
        except ValueError:
            raise ConfigurationError(form) from None
        if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or not parts.path.strip("/"):
            raise ConfigurationError(form)
        return cls(
            host=parts.hostname,
            port=port,
            database=unquote(parts.path.lstrip("/")),
            user=unquote(parts.username or "postgres"),
            password=unquote(parts.password or ""),
            ca_file=next(iter(parse_qs(parts.query).get("sslrootcert", ())), None),
        )


def connect(address: Address, application_name: str) -> Connection:
    """Open a connection.

    Raises:
        DatabaseUnavailable: nobody answers there.
        ConfigurationError: the server would read our literals otherwise than we write them.
        pg8000.exceptions.DatabaseError: the server refused us.
    """
    from pg8000.exceptions import InterfaceError

    from nightshift.wire import LastResultConnection

    sock = None
    try:
        sock = _dial(address)
        connection = LastResultConnection(
            user=address.user,
            password=address.password,
            host=address.host,
            port=address.port,
            database=address.database,
            # False means no TLS; None would build a new context that verifies nothing.
            ssl_context=False if address.is_loopback else _tls(address.ca_file),
            sock=sock,
            application_name=application_name,
        )
    except (InterfaceError, OSError) as error:
        if sock is not None:
            sock.close()
        raise DatabaseUnavailable(
            f"cannot connect to PostgreSQL at {address.host}:{address.port} ({type(error).__name__})"
        ) from None
    if connection.parameter_statuses.get("standard_conforming_strings") != "on":
        connection.close()
        raise ConfigurationError("PostgreSQL must run with standard_conforming_strings = on")
    return connection


def _dial(address: Address) -> socket.socket:
    sock = socket.create_connection((address.host, address.port), CONNECT_TIMEOUT_S)
    # The time-out stays for the handshakes as well: a server may accept and then say nothing.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return sock


@cache
def _tls(ca_file: str | None) -> ssl.SSLContext:
    """Build the verifying context once a process: pg8000's own default verifies nothing and costs 60 ms a connect."""
    return ssl.create_default_context(cafile=ca_file)
