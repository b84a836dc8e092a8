"""The one PostgreSQL connection of a process: opened at first use, reopened when it has died between two uses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nightshift.connecting import Address, connect
from nightshift.errors import (
    DatabaseError,
    DatabaseUnavailable,
)
from nightshift.sql import render
from nightshift.sqlstates import error_of, is_gone, is_login_refused

if TYPE_CHECKING:
    from nightshift.wire import LastResultConnection as Connection

Row = dict[str, Any]

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
            raise error_of(error.args[0]) from None
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
        if is_gone(fields):
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
            return connect(self._address(afresh=False), self._application_name)
        except ServerError as error:
            if not is_login_refused(error.args[0]):
                raise error_of(error.args[0]) from None
        # The password may have been rotated since the secret was read: read it again, once.
        try:
            return connect(self._address(afresh=True), self._application_name)
        except ServerError as error:
            raise error_of(error.args[0]) from None


def _transaction(body: str, begin: str = "BEGIN") -> str:
    # On a line of its own, or a comment at the end of the body would swallow the COMMIT.
    return f"{begin}; {_GUARDS} {body}\n; COMMIT"
