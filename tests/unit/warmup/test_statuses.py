"""A status is true for as long as whoever wrote it can be alive."""

from __future__ import annotations

from typing import Any

import pytest

from warmup.caching import statuses
from warmup.caching.statuses import State, Status

MINUTE_MS = 60_000
SINCE = 1_800_000_000_000


@pytest.mark.parametrize(
    ("state", "minutes", "expected"),
    [
        (State.QUEUED, 1.9, State.QUEUED),
        (State.QUEUED, 2, State.FAILED),
        # Longer than the job may take: 30 minutes.
        (State.RUNNING, 34.9, State.RUNNING),
        (State.RUNNING, 35, State.FAILED),
        (State.READY, 99_999, State.READY),
        (State.FAILED, 99_999, State.FAILED),
        (State.NONE, 99_999, State.NONE),
    ],
)
def test_who_never_ended_has_failed(state: State, minutes: float, expected: State) -> None:
    found = Status(state, SINCE, "run", None, 5).at(SINCE + int(minutes * MINUTE_MS))

    assert (found.state, found.run_id, found.asked_ms) == (expected, "run", 5)
    assert (found.reason is not None) == (found.state is not state)
    assert found.is_under_way == (expected in (State.QUEUED, State.RUNNING))


def test_readers_start_a_warmup_once_a_minute() -> None:
    status = Status(asked_ms=SINCE)

    assert not status.may_be_asked(SINCE + MINUTE_MS - 1)
    assert status.may_be_asked(SINCE + MINUTE_MS)
    assert Status().may_be_asked(SINCE)


@pytest.mark.parametrize("item", [{}, {"state": "dancing"}, {"since_ms": "soon"}, {"asked_ms": None}])
def test_a_status_that_makes_no_sense_says_nothing(item: dict[str, Any]) -> None:
    assert statuses.status(item) == Status()


@pytest.mark.parametrize("item", [{}, {"until_ms": "soon"}])
def test_a_failure_that_makes_no_sense_has_lapsed(item: dict[str, Any]) -> None:
    assert statuses.failure(item).until_ms == 0
