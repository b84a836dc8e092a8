"""Where the named steps are in the shipped code: known functions, wrapped in this process alone."""

from __future__ import annotations

import functools
import importlib
from typing import Any, Final

from tests.chaos.orders import (
    AFTER_COMMIT,
    AFTER_FETCH,
    AFTER_LOCK,
    AFTER_WAKING,
    BEFORE_COMMIT,
    BEFORE_RELEASE,
    BEFORE_WAKING,
)
from tests.chaos.worker.suffering import Suffering

_OUTBOX: Final = "nightshift.delivery.outbox:Outbox"
_POINTS: Final = "warmup.comparisons:with_points"
# The first thing that a job gets and then works on: a page, a mail to be sent, the data of a forecast, a claim.
_FETCHES: Final = {
    "product-checks": "product_checks.fetching:PageFetcher.fetch",
    "wishlist-sale-check": f"{_OUTBOX}.begin",
    "wishlist-stock-check": f"{_OUTBOX}.begin",
    "deliver-notifications": f"{_OUTBOX}.begin",
    "cleanup-reservations": "nightshift.database:Database.read",
    "warmup-forecasts": _POINTS,
    "warmup-ai-explanations": _POINTS,
    "warmup-on-demand": _POINTS,
    "puppet-jobs": "puppet.store:claim",
    "retention": "nightshift.database:Database.read",
}
# Its processors share the work without a lock: they begin and end with their own record.
_WITHOUT_LOCK: Final = {"puppet-jobs": ("puppet.store:register", "puppet.store:stop")}
# What stands for the door in the place of a job's name.
DOOR: Final = "door"
_WAKE: Final = "nightshift.handover:wake"
_OF_ITEMS: Final = ("product-check:",)


def mark(job: str, suffering: Suffering) -> None:
    """Wrap what a job, or the door, comes by, so that it says so."""
    if job == DOOR:
        _mark_locks(suffering)
        _before(_WAKE, BEFORE_WAKING, suffering)
        _after(_WAKE, AFTER_WAKING, suffering)
        return
    _after(_FETCHES[job], AFTER_FETCH, suffering)
    if job in _WITHOUT_LOCK:
        first, last = _WITHOUT_LOCK[job]
        _after(first, AFTER_LOCK, suffering)
        _before(last, BEFORE_RELEASE, suffering)
    else:
        _mark_locks(suffering)
    _mark_writes(suffering)


def _after(place: str, step: str, suffering: Suffering) -> None:
    owner, name = _find(place)
    shipped = getattr(owner, name)

    @functools.wraps(shipped)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = shipped(*args, **kwargs)
        suffering.reach(step)
        return result

    setattr(owner, name, wrapped)


def _before(place: str, step: str, suffering: Suffering) -> None:
    owner, name = _find(place)
    shipped = getattr(owner, name)

    @functools.wraps(shipped)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        suffering.reach(step)
        return shipped(*args, **kwargs)

    setattr(owner, name, wrapped)


def _mark_locks(suffering: Suffering) -> None:
    """The lock of the run, not those of its items."""
    from nightshift.lock import Locks

    acquire, adopt, release = Locks.acquire, Locks.adopt, Locks.release

    def acquired(self: Locks, name: str, *args: Any, **kwargs: Any) -> Any:
        lease = acquire(self, name, *args, **kwargs)
        if not name.startswith(_OF_ITEMS):
            suffering.reach(AFTER_LOCK)
        return lease

    def adopted(self: Locks, *args: Any, **kwargs: Any) -> Any:
        lease = adopt(self, *args, **kwargs)
        suffering.reach(AFTER_LOCK)
        return lease

    def releasing(self: Locks, lease: Any, *args: Any, **kwargs: Any) -> bool:
        if not lease.name.startswith(_OF_ITEMS):
            suffering.reach(BEFORE_RELEASE)
        return release(self, lease, *args, **kwargs)

    _set(Locks, acquire=acquired, adopt=adopted, release=releasing)


def _mark_writes(suffering: Suffering) -> None:
    """Every message that commits what the run has written; its beginning (`write_each`) is not one of them."""
    from nightshift.database import Database

    write, send = Database.write, Database._send
    writing: list[bool] = []

    def wrote(self: Database, *args: Any, **kwargs: Any) -> Any:
        suffering.reach(BEFORE_COMMIT)
        writing.append(True)
        try:
            rows = write(self, *args, **kwargs)
        finally:
            writing.pop()
        suffering.reach(AFTER_COMMIT)
        return rows

    def sent(self: Database, message: str) -> Any:
        return send(self, suffering.send(message) if writing else message)

    _set(Database, write=wrote, _send=sent)


def _find(place: str) -> tuple[Any, str]:
    module, _, path = place.partition(":")
    owner: Any = importlib.import_module(module)
    *parts, name = path.split(".")
    for part in parts:
        owner = getattr(owner, part)
    return owner, name


def _set(owner: Any, **functions: Any) -> None:
    for name, function in functions.items():
        setattr(owner, name, function)
