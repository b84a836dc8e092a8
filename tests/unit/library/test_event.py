"""The one kind of event: what is taken, and every problem of what is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightshift.errors import InvalidEvent
from nightshift.event import HandOver, JobEvent
from nightshift.parameters import Integer

RUN_ID = "2f1c1c1e-0000-4000-8000-000000000001"
LEASE = {"holder": "h", "fence": 3}

ANYTHING: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def test_an_empty_event_is_a_manual_run_with_defaults() -> None:
    assert JobEvent.parse({}, (Integer("limit", 1, 9, default=4),)) == JobEvent("manual", params={"limit": 4})


def test_every_field_is_read() -> None:
    raw = {
        "trigger": "http", "slot": "2026-11-22T15:00:00Z", "run_id": RUN_ID.upper(), "lease": LEASE,
        "params": {"limit": 2}, "part": 2,
    }  # fmt: skip
    event = JobEvent.parse(raw, (Integer("limit", 1, 9),))
    slot = datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert event == JobEvent("http", slot, RUN_ID, HandOver("h", 3), {"limit": 2}, 2)
    assert event.slot_ms == 1_795_359_600_000


@pytest.mark.parametrize("raw", ["2026-11-22T15:00:00", "2026-11-22T15:00:00+00:00", "2026-11-22T10:00:00-05:00"])
def test_a_slot_is_one_moment_however_it_is_written(raw: str) -> None:
    assert JobEvent.parse({"slot": raw}).slot_ms == 1_795_359_600_000


@pytest.mark.parametrize("name", ["slot", "run_id", "lease", "params"])
def test_null_is_the_same_as_nothing(name: str) -> None:
    assert JobEvent.parse({name: None}) == JobEvent()


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (None, "the event must be a JSON object"),
        ([], "the event must be a JSON object"),
        ({"triger": "manual"}, "triger is not a field of a job event"),
        ({"trigger": "cron"}, "trigger must be one of schedule, http, manual"),
        ({"trigger": None}, "trigger must be one of schedule, http, manual"),
        ({"slot": "noon"}, "slot must be a time such as 2026-11-22T15:00:00Z"),
        ({"slot": 1_795_359_600}, "slot must be a time such as 2026-11-22T15:00:00Z"),
        ({"slot": "<aws.scheduler.scheduled-time>"}, "slot must be a time such as 2026-11-22T15:00:00Z"),
        ({"run_id": "1"}, "run_id must be a UUID"),
        ({"run_id": 1}, "run_id must be a UUID"),
        ({"lease": LEASE}, "run_id must be given together with lease"),
        ({"lease": {"holder": "h"}, "run_id": RUN_ID}, "lease must be"),
        ({"lease": {"holder": "", "fence": 1}, "run_id": RUN_ID}, "lease must be"),
        ({"lease": {"holder": "\ud800", "fence": 1}, "run_id": RUN_ID}, "lease must be"),
        ({"lease": {"holder": "h", "fence": True}, "run_id": RUN_ID}, "lease must be"),
        ({"lease": {"holder": "h", "fence": 0}, "run_id": RUN_ID}, "lease must be"),
        ({"lease": {"holder": "h", "fence": 2**63}, "run_id": RUN_ID}, "lease must be"),
        ({"lease": "h", "run_id": RUN_ID}, "lease must be"),
        ({"params": [1]}, "params must be a JSON object"),
        ({"params": {"limit": 1}}, "params.limit is not known here"),
        ({"part": 0}, "part must be a whole number of at least 1"),
        ({"part": True}, "part must be a whole number of at least 1"),
        ({"part": 2**31}, "part must be a whole number of at least 1"),
    ],
)
def test_a_problem_names_its_field_and_what_would_be_right(raw: Any, problem: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        JobEvent.parse(raw)
    assert [said.startswith(problem) for said in caught.value.problems] == [True]


def test_every_problem_is_listed_at_once() -> None:
    wrong = {"trigger": 1, "slot": 1, "run_id": 1, "lease": 1, "params": 1, "part": 1.5, "x": 1}
    with pytest.raises(InvalidEvent) as caught:
        JobEvent.parse(wrong)
    assert [said.split()[0] for said in caught.value.problems] == [
        "x", "params", "trigger", "slot", "run_id", "lease", "part",
    ]  # fmt: skip


OF_SOME_FIELDS = dict.fromkeys(("trigger", "slot", "run_id", "lease", "part"), ANYTHING)


@given(ANYTHING | st.fixed_dictionaries({}, optional=OF_SOME_FIELDS))
def test_whatever_comes_only_invalid_event_is_raised(raw: Any) -> None:
    try:
        event = JobEvent.parse(raw)
    except InvalidEvent as error:
        assert error.problems  # noqa: PT017  # either is fine
    else:
        assert event.trigger in ("schedule", "http", "manual")
        assert event.slot_ms is None or event.slot is not None
