"""Release expired holds in short batches that wait for nobody; busy stock rows are waited for last, one by one."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nightshift import Outcome, Run
from nightshift.errors import DatabaseBusy, DatabaseTimeout
from nightshift.runs import MAX_ERRORS
from nightshift.settings import load
from nightshift.sql import queries
from reservations import pace
from reservations.settings import ReservationSettings

# Holds with a time of their own, holds that live by the setting, and what could not be released an hour ago.
QUEUES = ("own", "ttl", "retry")
_BEGINNING: dict[str, Any] = {"after_at": "-infinity", "after_id": "00000000-0000-0000-0000-000000000000"}


@dataclass
class _Tally:
    """What this part of the run has done so far."""

    size: int = field(default_factory=lambda: pace.START)
    released: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)
    batches: int = 0
    longest_s: float = 0.0
    # Stock rows that somebody else was working on.
    busy: set[int] = field(default_factory=set)

    def add(self, batch: Mapping[str, Any]) -> None:
        self.released += batch["released"]
        self.failed += batch["failed"]
        self.errors += batch["problems"][: MAX_ERRORS - len(self.errors)]
        self.batches += 1

    def outcome(self, *, done: bool) -> Outcome:
        return Outcome(
            processed=self.released,
            failed=self.failed,
            errors=self.errors,
            metadata={
                "batches": self.batches,
                "longestBatchMs": round(self.longest_s * 1000),
                "busyStockRows": len(self.busy),
            },
            unfinished=None if done else {},
        )


def release_expired(run: Run) -> Outcome:
    """Release every hold that has expired by the database's clock, as long as the time lasts.

    What cannot be released stays, is reported, and is tried again after an hour.
    """
    run.write(_sql("set_ttl"), minutes=load(ReservationSettings, os.environ).ttl_minutes)
    tally = _Tally()
    done = all(_release_queue(run, queue, tally) for queue in QUEUES) and _release_busy(run, tally)
    run.count("ExpiredHolds", tally.released + tally.failed)
    run.count("UnreleasableHolds", run.database.read(_sql("count_unreleasable"))[0]["unreleasable"])
    return tally.outcome(done=done)


def _release_queue(run: Run, queue: str, tally: _Tally) -> bool:
    """Go through a queue from its beginning; return whether its end was reached."""
    place = _BEGINNING
    while run.time_left_s > 0:
        size = tally.size
        batch = _release_batch(run, queue, place, tally)
        if batch is None:
            continue
        if batch["examined"] < size:
            return True
        # Onwards from here: the beginning of the queue is full of what was just released, until it is vacuumed.
        place = {"after_at": batch["last_at"], "after_id": batch["last_id"]}
        run.checkpoint()
    return False


def _release_batch(run: Run, queue: str, place: Mapping[str, Any], tally: _Tally) -> Mapping[str, Any] | None:
    """Release one batch; None where it took too long and was undone: the next one is smaller."""
    started = time.monotonic()
    try:
        batch = run.write(_sql("release_batch"), queue=queue, size=tally.size, **place)[0]
    except DatabaseTimeout:
        if tally.size == pace.LEAST:
            raise
        batch = None
    took_s = time.monotonic() - started
    tally.size = pace.next_size(tally.size, took_s)
    if batch is not None:
        tally.add(batch)
        tally.longest_s = max(tally.longest_s, took_s)
        tally.busy.update(batch["busy"])
    return batch


def _release_busy(run: Run, tally: _Tally) -> bool:
    """Wait for each stock row that was busy; one that stays busy is left to the next run."""
    for stock in sorted(tally.busy):
        try:
            while _release_of_stock(run, stock, tally):
                run.checkpoint()
        except (DatabaseBusy, DatabaseTimeout):
            continue
        if run.time_left_s <= 0:
            return False
        tally.busy.discard(stock)
    return True


def _release_of_stock(run: Run, stock: int, tally: _Tally) -> bool:
    """Release one batch of one stock row; return whether to go on with it."""
    if run.time_left_s <= 0:
        return False
    batch = run.write(_sql("release_of_stock"), stock=stock, size=tally.size)[0]
    tally.add(batch)
    return bool(batch["examined"] == tally.size and batch["released"] + batch["failed"])


def _sql(name: str) -> str:
    return queries("reservations")[name]
