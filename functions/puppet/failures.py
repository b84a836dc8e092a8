"""What can go wrong with an attempt, sorted by type and status, never by the words of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nightshift.storable import storable

_MESSAGE_LENGTH: Final = 500


class ErrorType(StrEnum):
    """The sorts of errors that jobs, logs and figures know."""

    TIMEOUT = "timeout"
    NETWORK = "network"
    AUTHENTICATION = "authentication"
    RATE_LIMIT = "rate_limit"
    VALIDATION = "validation_error"
    LINKEDIN = "linkedin_error"
    UNKNOWN = "unknown"


# What the same attempt would meet again: a wrong password, a job that makes no sense.
_PERMANENT: Final = frozenset({ErrorType.AUTHENTICATION, ErrorType.VALIDATION})


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that did not do its job.

    Attributes:
        retryable: whether another attempt may fare better.
        retry_after_s: when the worker wants to be asked again, where it says so.
        untouched: whether it is certain that nothing was done, so that nothing stands in the way of a new job.
    """

    type: ErrorType
    message: str
    retryable: bool
    retry_after_s: float | None = None
    untouched: bool = False


def failure(
    type_: ErrorType,
    message: str,
    *,
    retryable: bool | None = None,
    retry_after_s: float | None = None,
    untouched: bool = False,
) -> Failure:
    """Return a failure that is retried as its type says, unless `retryable` does."""
    is_retryable = type_ not in _PERMANENT if retryable is None else retryable
    return Failure(type_, storable(message, _MESSAGE_LENGTH), is_retryable, retry_after_s, untouched)


def type_of(word: object) -> ErrorType | None:
    """Return the type that a worker names, None where it is none of ours."""
    try:
        return ErrorType(word)  # type: ignore[arg-type]  # whatever it is, it is a type or it is not
    except ValueError:
        return None


# 999 is how LinkedIn itself turns automated visitors away. 409: an earlier attempt of the job is still at work there.
_BY_STATUS: Final[Mapping[int, tuple[ErrorType, bool]]] = {
    401: (ErrorType.AUTHENTICATION, False),
    403: (ErrorType.AUTHENTICATION, False),
    407: (ErrorType.AUTHENTICATION, False),
    408: (ErrorType.TIMEOUT, True),
    409: (ErrorType.UNKNOWN, True),
    425: (ErrorType.UNKNOWN, True),
    429: (ErrorType.RATE_LIMIT, True),
    502: (ErrorType.NETWORK, True),
    503: (ErrorType.NETWORK, True),
    504: (ErrorType.TIMEOUT, True),
    999: (ErrorType.LINKEDIN, True),
}


def of_status(status: int) -> tuple[ErrorType, bool]:
    """Return what an HTTP status of a failed attempt means: its type, and whether another attempt may fare better."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 400 <= status < 500:
        return ErrorType.VALIDATION, False
    # A redirect is not followed: the address in the settings is wrong, and will be the next time.
    return ErrorType.UNKNOWN, not 300 <= status < 400
