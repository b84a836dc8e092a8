"""The one PostgreSQL connection of a process: verified, lazily opened, reopened when it has died between two uses."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from nightshift.errors import (
    ConfigurationError,
    DatabaseBusy,
    DatabaseError,
    DatabaseTimeout,
    DatabaseUnavailable,
    SlotAlreadyDone,
    StaleFence,
)
from nightshift.sql import render

if TYPE_CHECKING:
    from nightshift.wire import LastResultConnection as Connection

Row = dict[str, Any]

CONNECT_TIMEOUT_S = 10
# Longer than statement_timeout below, so that it speaks only when the server is gone without a word.
ANSWER_TIMEOUT_S = 75
# A connection that has been idle for longer is asked whether it still lives before it is used: Lambda freezes
# processes between invocations, and what was dropped on the way meanwhile looks open from here.
IDLE_CHECK_S = 20
_PROBE_TIMEOUT_S = 5
# SET LOCAL in every transaction, not once a session: a session setting would pin RDS Proxy and leak through a
# pooler.
_GUARDS = (
    "SET LOCAL lock_timeout = '5s';"
    " SET LOCAL idle_in_transaction_session_timeout = '30s';"
    " SET LOCAL statement_timeout = '60s';"
)
_AUTHENTICATION_FAILED = ("28P01", "28000")
_TYPED: dict[str, type[Exception]] = {"NS001": StaleFence, "NS002": SlotAlreadyDone}
_LOCK_NOT_AVAILABLE = ("55P03", "40P01")
_CUT_OFF = "57014"
_GONE = ("57P01", "57P02", "57P03", "25P03", "53300", "08000", "08003", "08006")


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
        # By value, not by how it begins: 127.example.org is somewhere else and would get the password in the clear.
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

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


class Database:
    """One connection; every call is one message to the server and one answer.

    Not for sharing between threads: the main thread of a job owns it.
    """

    def __init__(self, address: Callable[..., Address], application_name: str = "nightshift") -> None:
        """Take where to connect as a function; with `afresh=True` it must read a rotated secret again."""
        self._address = address
        self._application_name = application_name
        self._connection: Connection | None = None
        self._last_used = 0.0
        self._in_transaction = False
        self._answer_timeout_s: float = ANSWER_TIMEOUT_S
        # For whoever cannot wait as long as a job for what it only reads.
        self.reads_at_most_s: float | None = None
        self.round_trips = 0

    def read(self, statement: str, **values: Any) -> list[Row]:
        """Run a statement that changes nothing; a broken connection is reopened and the statement repeated once."""
        body = render(statement, values)
        if self._in_transaction:
            return self._send(body)
        if self.reads_at_most_s is not None:
            body = f"SET LOCAL statement_timeout = '{self.reads_at_most_s * 1000:.0f}ms'; {body}"
        message = _transaction(body, "BEGIN READ ONLY")
        try:
            return self._send(message)
        except DatabaseUnavailable:
            return self._send(message)

    def write(self, statement: str, **values: Any) -> list[Row]:
        """Run one or more statements as one transaction in one message, and return the last rows answered.

        Raises:
            DatabaseUnavailable: the connection broke; whether the transaction was committed is unknown.
        """
        body = render(statement, values)
        return self._send(body if self._in_transaction else _transaction(body))

    def write_each(self, *statements: str) -> list[Row]:
        """Run rendered groups of statements in one message, each group a transaction, up to the first error."""
        self._refuse_nesting()
        return self._send("; ".join(_transaction(group) for group in statements))

    def script(self, text: str) -> None:
        """Run a file of statements inside the open transaction, as it stands: nothing in it is a placeholder."""
        if not self._in_transaction:
            raise DatabaseError("a script needs an open transaction")
        self._send(text)

    @contextmanager
    def transaction(self, opening: str = "SELECT 1", **values: Any) -> Iterator[list[Row]]:
        """Hold a transaction over several calls; `opening` goes with BEGIN in one message, its rows are yielded."""
        self._refuse_nesting()
        rows = self._send(f"BEGIN; {_GUARDS} {render(opening, values)}")
        self._in_transaction = True
        try:
            yield rows
            self._send("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._in_transaction = False

    @contextmanager
    def patience(self, answer_timeout_s: float) -> Iterator[None]:
        """Wait this long for each answer inside, where statements may rightly take longer than those of a job."""
        before, self._answer_timeout_s = self._answer_timeout_s, answer_timeout_s
        try:
            yield
        finally:
            self._answer_timeout_s = before

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception:  # noqa: BLE001  # it is being thrown away; how it ends does not matter
                return

    def _send(self, message: str) -> list[Row]:
        from pg8000.exceptions import DatabaseError as ServerError
        from pg8000.exceptions import InterfaceError

        connection = self._ready()
        try:
            self.round_trips += 1
            connection.wait_at_most(self._answer_timeout_s)
            connection.run(message)
        except ServerError as error:
            self._after_server_error(error.args[0])
            raise _typed(error.args[0]) from None
        except (InterfaceError, OSError) as error:
            self.close()
            raise DatabaseUnavailable(f"the connection to PostgreSQL broke ({type(error).__name__})") from None
        except BaseException:
            # Interrupted, or an answer that pg8000 cannot read: what is left of it would answer the next statement.
            self.close()
            raise
        self._last_used = time.monotonic()
        return connection.last_result()

    def _after_server_error(self, fields: dict[str, str]) -> None:
        if fields.get("C") in _GONE:
            self.close()
        elif not self._in_transaction:
            self._roll_back()

    def _roll_back(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.run("ROLLBACK")
        except Exception:  # noqa: BLE001  # it is thrown away, which rolls back
            self.close()

    def _ready(self) -> Connection:
        if self._connection is not None and not self._in_transaction:
            self._check(self._connection)
        if self._connection is None:
            if self._in_transaction:
                raise DatabaseUnavailable("the connection broke inside a transaction; nothing of it was kept")
            self._connection = self._open()
        return self._connection

    def _refuse_nesting(self) -> None:
        # A second BEGIN would be ignored with a warning, and its COMMIT would end the transaction around it.
        if self._in_transaction:
            raise DatabaseError("a transaction is open already")

    def _check(self, connection: Connection) -> None:
        """Drop a connection that died since its last use: nothing has been sent on it yet, so nothing is in doubt."""
        if time.monotonic() - self._last_used < IDLE_CHECK_S and not connection.has_news():
            return
        try:
            connection.wait_at_most(_PROBE_TIMEOUT_S)
            connection.run("SELECT 1")
        except Exception:  # noqa: BLE001  # whatever it says, it cannot be used
            self.close()

    def _open(self) -> Connection:
        from pg8000.exceptions import DatabaseError as ServerError

        try:
            return _connect(self._address(afresh=False), self._application_name)
        except ServerError as error:
            if error.args[0].get("C") not in _AUTHENTICATION_FAILED:
                raise _typed(error.args[0]) from None
        # The password may have been rotated since the secret was read: read it again, once.
        try:
            return _connect(self._address(afresh=True), self._application_name)
        except ServerError as error:
            raise _typed(error.args[0]) from None


def _connect(address: Address, application_name: str) -> Connection:
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


def _transaction(body: str, begin: str = "BEGIN") -> str:
    # On a line of its own, or a comment at the end of the body would swallow the COMMIT.
    return f"{begin}; {_GUARDS} {body}\n; COMMIT"


def _dial(address: Address) -> socket.socket:
    sock = socket.create_connection((address.host, address.port), CONNECT_TIMEOUT_S)
    # The time-out stays for the handshakes as well: a server may accept and then say nothing.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return sock


@cache
def _tls(ca_file: str | None) -> ssl.SSLContext:
    """Build the verifying context once a process: pg8000's own default verifies nothing and costs 60 ms a connect."""
    return ssl.create_default_context(cafile=ca_file)


def _typed(fields: dict[str, str]) -> Exception:
    code = fields.get("C", "")
    message = fields.get("M", "PostgreSQL refused the statement")
    if code in _TYPED:
        return _TYPED[code](message)
    if code in _LOCK_NOT_AVAILABLE:
        return DatabaseBusy(message, code)
    if code in _GONE:
        return DatabaseUnavailable(message, code)
    if code == _CUT_OFF:
        return DatabaseTimeout(message, code)
    # Only the message: DETAIL and the statement may quote rows, and rows may hold what logs must not.
    return DatabaseError(f"{message} [{code}]", code)
