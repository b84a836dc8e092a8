"""Every error the library raises on purpose, in one tree, so that a caller can catch as widely as it means to.

NightshiftError
├── ConfigurationError            the deployment is wrong; a retry cannot help
│   ├── SettingsError             environment variables are missing or invalid (all of them are named)
│   └── SecretUnavailable         a secret is configured but cannot be read
├── InvalidRequest                the caller's input is wrong; every problem is named with its field
│   ├── InvalidEvent              an event that no job handler accepts
│   ├── NotFound                  what it names does not exist
│   └── InvalidSchedule           an expression that EventBridge Scheduler would refuse
├── LockError
│   ├── LockRefused               somebody else holds the lock, or the slot is already done
│   ├── LeaseLost                 we held the lock and do not any more
│   └── LockUnavailable           DynamoDB cannot be asked
├── StaleFence                    PostgreSQL has seen a newer holder: nothing may be written
├── SlotAlreadyDone               another run has finished this scheduled slot
├── JobPaused                     the job's scheduled runs are skipped until somebody resumes it
├── DatabaseError
│   ├── DatabaseUnavailable       no connection, or it broke; the outcome of the last statement is unknown
│   ├── DatabaseBusy              a lock was not granted in time: try again at the next tick
│   └── DatabaseTimeout           a statement took longer than it may, and was given up
├── MigrationError                the schema on disk and in the database disagree
└── JobFailed                     a run ended badly; raised last, so that Lambda counts it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class NightshiftError(Exception):
    """Something in Nightshift went wrong."""

    def __init__(self, message: str | None = None) -> None:
        # The docstring is the default message, so that a bare `raise LeaseLost` still explains itself.
        super().__init__(message or (type(self).__doc__ or type(self).__name__).strip())


class ConfigurationError(NightshiftError):
    """The deployment is not configured correctly."""


class SettingsError(ConfigurationError):
    """Environment variables are missing or invalid."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("invalid settings: " + "; ".join(problems))


class SecretUnavailable(ConfigurationError):
    """A secret is configured but cannot be read."""


class InvalidRequest(NightshiftError):
    """The input is not valid."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


class InvalidEvent(InvalidRequest):
    """The event is not one that this job accepts."""


class NotFound(InvalidRequest):
    """What the request names does not exist."""

    def __init__(self, problem: str) -> None:
        super().__init__([problem])


class InvalidSchedule(InvalidRequest):
    """The schedule expression is not one that EventBridge Scheduler accepts."""


class LockError(NightshiftError):
    """The lock could not be used."""


class LockRefused(LockError):
    """The lock is held by somebody else, or the slot is done; `refusal` tells which."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(str(refusal))


class LeaseLost(LockError):
    """This run no longer holds its lock."""


class LockUnavailable(LockError):
    """The lock table cannot be reached."""


class StaleFence(NightshiftError):
    """A newer holder has claimed the fence; this run must not write."""


class SlotAlreadyDone(NightshiftError):
    """Another run has already finished this scheduled slot."""


class JobPaused(NightshiftError):
    """The job is paused."""


class DatabaseError(NightshiftError):
    """PostgreSQL refused a statement."""

    def __init__(self, message: str | None = None, sqlstate: str | None = None) -> None:
        self.sqlstate = sqlstate
        super().__init__(message)


class DatabaseUnavailable(DatabaseError):
    """PostgreSQL cannot be reached, or the connection broke."""


class DatabaseBusy(DatabaseError):
    """PostgreSQL did not grant a lock in time."""


class DatabaseTimeout(DatabaseError):
    """PostgreSQL took longer for a statement than it may."""


class MigrationError(NightshiftError):
    """The migrations cannot be applied."""


class JobFailed(NightshiftError):
    """The run ended with an error."""


if TYPE_CHECKING:
    from nightshift.lease import Refusal
