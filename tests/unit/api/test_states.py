"""In which state a job is, from what is known of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.catalogue import Entry
from api.states import late_time, state_of
from nightshift import Job
from nightshift.schedule import parse

NOW = datetime(2026, 11, 22, 15, 20, tzinfo=UTC)
HALF_HOURLY = Entry(Job("tidy-up", 300, "Put things back."), "f", parse("rate(30 minutes)"), "UTC", enabled=True)
OFF = Entry(HALF_HOURLY.job, "f", HALF_HOURLY.schedule, "UTC", enabled=False)
EARLIER = NOW - timedelta(minutes=10)
NOTHING: dict[str, Any] = dict.fromkeys((
    "id", "status", "who", "age_s", "limit_s", "created_at", "started_at", "finished_at", "processed", "failed",
    "error_class", "error", "skipped_at", "skip_detail", "failing_since", "failures", "paused_at", "paused_by",
    "pause_reason", "resumed_at", "found", "found_since", "found_reason", "whole_ended_at",
))  # fmt: skip
WATCHED = {**NOTHING, "watched_schedule": HALF_HOURLY.watched_as, "watched_from": NOW - timedelta(days=3)}
ENDED = {
    **WATCHED, "status": "succeeded", "who": "schedule run of tidy-up", "age_s": 605.0, "created_at": EARLIER,
    "started_at": EARLIER, "finished_at": EARLIER, "whole_ended_at": EARLIER, "processed": 3, "failed": 0,
}  # fmt: skip
AT_WORK = {**ENDED, "status": "running", "finished_at": None}
FAILED = {
    **ENDED, "status": "failed", "error_class": "ValueError", "error": "no", "failures": 1, "failing_since": EARLIER,
}  # fmt: skip
PAUSED = {"paused_at": EARLIER, "paused_by": "admin", "pause_reason": "the shop moves"}
LONG_AGO = {"whole_ended_at": NOW - timedelta(minutes=50)}
SKIPPED = {"skipped_at": NOW, "skip_detail": "held by somebody"}


@pytest.mark.parametrize(
    ("facts", "is_held", "word", "reason"),
    [
        ({**WATCHED, "watched_from": NOW}, False, "never", "It has not run yet."),
        (ENDED, False, "ok", "Its last run ended well."),
        ({**ENDED, "failed": 1}, False, "ok", "Its last run ended well, but 1 of 3 items failed."),
        (AT_WORK, True, "running", "A run is at work: schedule run of tidy-up."),
        ({**AT_WORK, "age_s": 359}, False, "running", "A run is at work: schedule run of tidy-up."),
        ({**AT_WORK, "limit_s": 7200}, False, "running", "A run is at work: schedule run of tidy-up."),
        ({**AT_WORK, "status": "queued"}, True, "running", "A run waits for its worker: schedule run of tidy-up."),
        (ENDED, True, "running", "Somebody holds its lock."),
        # An open record that nobody answers for.
        (AT_WORK, False, "failed", "Its last run was begun and never ended."),
        (FAILED, False, "failed", "Its last run failed: ValueError: no"),
        ({**FAILED, "failures": 4}, False, "failed", "4 runs in a row failed; the last: ValueError: no"),
        ({**ENDED, **SKIPPED}, False, "skipped", "Its last run was skipped: held by somebody."),
        ({**ENDED, **LONG_AGO}, False, "late", "The run that was due at 2026-11-22 15:00 UTC has not come."),
        # What holds a job up comes before how its last run ended, and what goes on before both.
        ({**FAILED, **LONG_AGO}, False, "late", "The run that was due at 2026-11-22 15:00 UTC has not come."),
        ({**FAILED, **LONG_AGO, **PAUSED}, False, "paused", "Paused by admin: the shop moves. "),
        ({**AT_WORK, **LONG_AGO, **PAUSED}, True, "running", "A run is at work"),
        ({**AT_WORK, "found": "stuck", "found_reason": "it runs for 900 s", "found_since": EARLIER}, True, "failed",
         "A run is stuck: it runs for 900 s"),
    ],
)  # fmt: skip
def test_a_state_its_reason_and_since_when(facts: dict[str, Any], is_held: bool, word: str, reason: str) -> None:
    state = state_of(HALF_HOURLY, facts, NOW, is_held=is_held)

    assert (state.word, state.reason[: len(reason)]) == (word, reason)
    assert (state.since is None) is (word == "never")


def test_what_was_stuck_and_has_ended_is_not_stuck_any_more() -> None:
    assert state_of(HALF_HOURLY, {**ENDED, "found": "stuck"}, NOW, is_held=False).word == "ok"


def test_lateness_counts_from_when_it_was_due() -> None:
    state = state_of(HALF_HOURLY, {**ENDED, **LONG_AGO}, NOW, is_held=False)
    assert state.since == NOW - timedelta(minutes=20)


def test_the_time_from_which_a_job_is_late() -> None:
    assert late_time(HALF_HOURLY, ENDED, NOW) == EARLIER + timedelta(minutes=45)
    assert late_time(HALF_HOURLY, {**ENDED, "resumed_at": NOW}, NOW) == NOW + timedelta(minutes=45)
    # A schedule that nobody has watched yet is watched from now on.
    unseen = {**ENDED, **LONG_AGO, "watched_schedule": "rate(5 minutes) UTC"}
    assert late_time(HALF_HOURLY, unseen, NOW) == NOW + timedelta(minutes=45)
    assert late_time(OFF, ENDED, NOW) is None
    assert late_time(HALF_HOURLY, {**ENDED, **PAUSED}, NOW) is None


def test_a_job_that_is_off_is_not_late() -> None:
    assert state_of(OFF, {**ENDED, **LONG_AGO}, NOW, is_held=False).word == "ok"
    assert state_of(OFF, WATCHED, NOW, is_held=False).reason == "It has not run yet; its schedule is off."
