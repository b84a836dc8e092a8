"""In which state a job is, why, and since when, from what the records, its lock and its schedule say; pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.catalogue import Entry
from nightshift.punctuality import due_after, late_after
from nightshift.runs import QUEUE_WINDOW_S

STATES = ("running", "ok", "failed", "late", "paused", "skipped", "never")
# So many failures in a row are counted, and no further: the number tells nothing more.
MOST_FAILURES = 100
_OPEN = ("queued", "running")
_BAD = ("failed", "lost")


@dataclass(frozen=True)
class State:
    """A word, one sentence, and since when it is so (None where that is not known)."""

    word: str
    reason: str
    since: datetime | None = None


def waited_for_since(entry: Entry, facts: Mapping[str, Any]) -> datetime | None:
    """Return the moment from which on the job's next run is waited for, None where none is.

    That is when its last whole run ended, when it was resumed, or when its schedule was first seen as it is now.
    """
    if not (entry.enabled and entry.schedule) or facts["paused_at"]:
        return None
    if facts["watched_schedule"] != entry.watched_as:
        return None
    moments: list[datetime | None] = [facts["watched_from"], facts["resumed_at"], facts["whole_ended_at"]]
    return max(moment for moment in moments if moment)


def late_time(entry: Entry, facts: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return from when on the job is late if it does not run."""
    if not (entry.enabled and entry.schedule) or facts["paused_at"]:
        return None
    return late_after(entry.schedule, waited_for_since(entry, facts) or now)


def state_of(entry: Entry, facts: Mapping[str, Any], now: datetime, *, is_held: bool) -> State:
    """Return the state of a job: what goes on, else what holds it up, else how its last run ended."""
    return _at_work(entry, facts, is_held=is_held) or _held_up(entry, facts, now) or _as_it_ended(entry, facts)


def _at_work(entry: Entry, facts: Mapping[str, Any], *, is_held: bool) -> State | None:
    is_open = facts["status"] in _OPEN
    if facts["found"] == "stuck" and is_open:
        return State("failed", f"A run is stuck: {facts['found_reason']}", facts["found_since"])
    # An open record without a lock is a run that goes on unlocked, or one that died: its age tells.
    limit_s = (facts["limit_s"] or entry.job.at_most_s) + QUEUE_WINDOW_S
    if is_held or (is_open and facts["age_s"] <= limit_s):
        return State("running", _running(facts), facts["started_at"] or facts["created_at"])
    return None


def _held_up(entry: Entry, facts: Mapping[str, Any], now: datetime) -> State | None:
    if facts["paused_at"]:
        return State("paused", _paused(facts), facts["paused_at"])
    late = late_time(entry, facts, now)
    return _late(entry, facts, late) if late and now > late else None


def _as_it_ended(entry: Entry, facts: Mapping[str, Any]) -> State:
    is_open = facts["status"] in _OPEN
    if is_open or facts["status"] in _BAD:
        return _failed(facts, is_open=is_open)
    if facts["skipped_at"]:
        return State("skipped", f"Its last run was skipped: {facts['skip_detail']}.", facts["skipped_at"])
    if facts["status"] is None:
        return State("never", "It has not run yet." if entry.enabled else "It has not run yet; its schedule is off.")
    return State("ok", _ok(facts), facts["finished_at"])


def _running(facts: Mapping[str, Any]) -> str:
    if facts["status"] == "queued":
        return f"A run waits for its worker: {facts['who']}."
    return f"A run is at work: {facts['who']}." if facts["status"] == "running" else "Somebody holds its lock."


def _paused(facts: Mapping[str, Any]) -> str:
    why = f": {facts['pause_reason']}" if facts["pause_reason"] else ""
    return f"Paused by {facts['paused_by']}{why}. Its scheduled runs are skipped; it can be started by hand."


def _late(entry: Entry, facts: Mapping[str, Any], late: datetime) -> State:
    since = waited_for_since(entry, facts)
    due = due_after(entry.schedule, since) if entry.schedule and since else late
    return State("late", f"The run that was due at {_clock(due or late)} has not come.", due)


def _failed(facts: Mapping[str, Any], *, is_open: bool) -> State:
    if is_open:
        return State("failed", "Its last run was begun and never ended.", facts["started_at"] or facts["created_at"])
    said = f"{facts['error_class']}: {facts['error']}" if facts["error_class"] else "no reason is known"
    times = facts["failures"]
    count = f"{times} or more" if times == MOST_FAILURES else times
    which = "Its last run failed" if times == 1 else f"{count} runs in a row failed; the last"
    return State("failed", f"{which}: {said}", facts["failing_since"])


def _ok(facts: Mapping[str, Any]) -> str:
    if facts["failed"]:
        return f"Its last run ended well, but {facts['failed']} of {facts['processed']} items failed."
    return "Its last run ended well."


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
