"""What a reader is given of a comparison: what the cache has, at once; what it lacks is asked for, not waited for."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from nightshift import handover
from nightshift.deployed import deployed
from nightshift.errors import DatabaseError, LockRefused
from nightshift.routes import Json, Problem, Request
from nightshift.settings import load
from nightshift.telemetry import logger
from warmup.caching.cache import Cache, Known
from warmup.caching.entries import Entry, Freshness
from warmup.caching.keys import KINDS, Kind
from warmup.caching.statuses import State, Status
from warmup.comparisons import Candidate, find
from warmup.errors import CacheUnavailable
from warmup.settings import CacheSettings
from warmup.warm_on_demand import WARM_ON_DEMAND

# No further step towards a warmup is begun after so long; each waits for an answer for less than that.
_BUDGET_S = 0.8
_DATABASE_S = 1.0
# Whoever may only read starts nothing.
_READER = "read"


@dataclass(frozen=True)
class _Part:
    """One kind, as a reader gets it."""

    kind: Kind
    entry: Entry | None
    freshness: Freshness

    def shown(self) -> Json:
        entry = self.entry
        return {
            "state": self.freshness.value,
            "data": entry.bundle() if entry else None,
            "madeAt": _moment(entry.made_ms) if entry else None,
            "freshUntil": _moment(entry.fresh_until_ms) if entry else None,
            "expiresAt": _moment(entry.ends_ms) if entry else None,
        }


def premium(request: Request) -> Json:
    """Answer what is cached of a comparison, and start its warmup where something is missing or old.

    Raises:
        Problem: 404, there is no such comparison; 503, neither database nor cache knows it at the moment.
    """
    reading = _Reading(request)
    with request.platform.database.patience(_DATABASE_S):
        return reading.answer()


class _Reading:
    """One request of a reader."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._platform = request.platform.hurried
        self._slug = str(request.query["slug"])
        self._may_ask = request.principal != _READER
        self._cache = Cache(self._platform.client("dynamodb"), load(CacheSettings, os.environ).cache_table)
        # From here on: to make the first client takes a moment once a process.
        self._until = time.monotonic() + _BUDGET_S

    def answer(self) -> Json:
        known, cache_works = self._known()
        candidate = self._candidate(known)
        now_ms = self._cache.now_ms()
        parts = [_part(kind, known, candidate, now_ms) for kind in KINDS]
        needs_warmup = any(part.freshness is not Freshness.FRESH for part in parts)
        status = known.status.at(now_ms)
        if candidate and cache_works:
            wanted = [part for part in parts if part.freshness is not Freshness.FRESH]
            failures = [known.failure(part.kind, candidate, now_ms) for part in wanted]
            # What has just failed is not tried again by every reader.
            if None in failures and self._may_start(status, now_ms):
                status = self._ask(candidate, status)
            elif not status.is_under_way and (failure := next(filter(None, failures), None)):
                status = replace(status, state=State.FAILED, reason=failure.reason)
        if not needs_warmup and status.state is not State.NONE:
            # Whoever made the last of it may have died before it could say so.
            status = replace(status, state=State.READY, reason=None)
        if cache_works:
            self._mark(parts)
        return {
            "slug": self._slug,
            "terms": list(candidate.terms) if candidate else None,
            "dataHash": candidate.data_hash if candidate else None,
            **{part.kind.name: part.shown() for part in parts},
            "needsWarmup": needs_warmup,
            "warmup": {"state": status.state.value, "runId": status.run_id, "reason": status.reason},
        }

    def _known(self) -> tuple[Known, bool]:
        try:
            known = self._cache.read(self._slug)
        except CacheUnavailable as error:
            self._said("Cache not read", error)
            return Known(status=Status(reason="the cache cannot be reached at the moment")), False
        if known.unreadable:
            _log().warning("Entries of the cache cannot be read", slug=self._slug, entries=known.unreadable)
        return known, True

    def _candidate(self, known: Known) -> Candidate | None:
        """Return the comparison as it is now; None where the database cannot say, and the cache has what to show."""
        try:
            candidate = find(self._platform.database, self._slug)
        except DatabaseError as error:
            if not known.entries:
                raise
            self._said("Comparison not read", error)
            return None
        if candidate is None:
            raise Problem(404, f"there is no comparison {self._slug}")
        return candidate

    def _may_start(self, status: Status, now_ms: int) -> bool:
        return self._may_ask and not status.is_under_way and status.may_be_asked(now_ms)

    def _ask(self, candidate: Candidate, status: Status) -> Status:
        """Start the warmup; whatever goes wrong with that is no concern of the reader."""
        run_id = str(uuid4())
        try:
            if self._is_late() or not self._cache.claim_warmup(self._slug, run_id):
                return status
            return self._start(candidate, run_id)
        except Exception as error:  # noqa: BLE001  # said above
            self._said("Warmup not started", error)
            return self._told(State.FAILED, run_id, "the warmup could not be started")

    def _start(self, candidate: Candidate, run_id: str) -> Status:
        function = deployed(WARM_ON_DEMAND.name, os.environ).function
        params = {"slug": candidate.slug, "data_hash": candidate.data_hash}
        if self._is_late():
            return self._told(State.FAILED, run_id, "the warmup could not be started in time")
        try:
            audit = self._request.audit("start-job", WARM_ON_DEMAND.name, after={"runId": run_id, "params": params})
            handover.accept(self._platform, WARM_ON_DEMAND, function, params, "a reader", run_id=run_id, audit=audit)
        except LockRefused as error:
            return self._told(State.RUNNING, error.refusal.run_id or run_id)
        return Status(State.QUEUED, run_id=run_id)

    def _told(self, state: State, run_id: str, reason: str | None = None) -> Status:
        """Correct what the claim has said, for the readers after this one."""
        try:
            if not self._is_late():
                self._cache.tell(self._slug, state, run_id, reason)
        except CacheUnavailable as error:
            self._said("Status not corrected", error)
        return Status(state, run_id=run_id, reason=reason)

    def _mark(self, parts: list[_Part]) -> None:
        """Note what was read for the first time, so that it does not count as waste."""
        for part in parts:
            if part.entry and part.entry.read_ms is None and not self._is_late():
                try:
                    self._cache.mark_read(part.entry)
                except CacheUnavailable as error:
                    self._said("Entry not marked as read", error)

    def _is_late(self) -> bool:
        return time.monotonic() >= self._until

    def _said(self, what: str, error: Exception) -> None:
        _log().warning(what, slug=self._slug, error=f"{type(error).__name__}: {error}")


def _part(kind: Kind, known: Known, candidate: Candidate | None, now_ms: int) -> _Part:
    """Return the entry of the data as it is now, or the newest older one, which is stale however young it is."""
    current = known.current(kind, candidate, now_ms) if candidate else None
    if current:
        return _Part(kind, current, current.freshness(now_ms))
    older = known.newest(kind, now_ms)
    return _Part(kind, older, Freshness.STALE if older else Freshness.MISSING)


def _moment(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _log() -> Any:
    return logger("premium")
