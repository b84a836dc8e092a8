"""What the error codes of PostgreSQL (SQLSTATE) mean here, as our own errors."""

from __future__ import annotations

from nightshift.errors import (
    DatabaseBusy,
    DatabaseError,
    DatabaseTimeout,
    DatabaseUnavailable,
    SlotAlreadyDone,
    StaleFence,
)

# Raised by functions of the migrations.
_OURS: dict[str, type[Exception]] = {"NS001": StaleFence, "NS002": SlotAlreadyDone}
_LOGIN_REFUSED = ("28P01", "28000")
_LOCK_NOT_AVAILABLE = ("55P03", "40P01")
_CUT_OFF = "57014"
_GONE = ("57P01", "57P02", "57P03", "25P03", "53300", "08000", "08003", "08006")


def error_of(fields: dict[str, str]) -> Exception:
    """Return the error that a server's message means; `fields` are those of the protocol (C: code, M: message)."""
    code = fields.get("C", "")
    message = fields.get("M", "PostgreSQL refused the statement")
    if code in _OURS:
        return _OURS[code](message)
    if code in _LOCK_NOT_AVAILABLE:
        return DatabaseBusy(message, code)
    if code in _GONE:
        return DatabaseUnavailable(message, code)
    if code == _CUT_OFF:
        return DatabaseTimeout(message, code)
    # Only the message: DETAIL and the statement may quote rows, and rows may hold what logs must not.
    return DatabaseError(f"{message} [{code}]", code)


def is_gone(fields: dict[str, str]) -> bool:
    """Whether the connection cannot be used any more."""
    return fields.get("C") in _GONE


def is_login_refused(fields: dict[str, str]) -> bool:
    """Whether the user or the password is wrong: it may have been rotated."""
    return fields.get("C") in _LOGIN_REFUSED
