"""Which runs that have not ended are dead, which are stuck, and which only take their time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from housekeeping.open_runs import QUEUED_AT_MOST_S, Found, OpenRun, judge

NOW = 10_000_000
RUN = OpenRun("r", "a-job", "a-job", "running", 7, age_s=120.0, limit_s=300)
HELD: dict[str, Any] = {"holder": "h", "fence": 7, "run_id": "r", "until_ms": NOW + 5000}
FREED = {key: value for key, value in HELD.items() if key != "holder"}


@pytest.mark.parametrize(
    ("run", "item", "found"),
    [
        (RUN, HELD, Found.ALIVE),
        (replace(RUN, age_s=360), HELD, Found.ALIVE),
        (replace(RUN, age_s=361), HELD, Found.STUCK),
        # A lease that has ended: its holder has had a minute to say so.
        (RUN, {**HELD, "until_ms": NOW - 60_000}, Found.ALIVE),
        (RUN, {**HELD, "until_ms": NOW - 70_000}, Found.DEAD),
        (replace(RUN, age_s=5000), {**HELD, "until_ms": NOW - 70_000}, Found.DEAD),
        # A lock that was given back.
        (RUN, {**FREED, "until_ms": 0, "released_ms": NOW - 59_000}, Found.ALIVE),
        (RUN, {**FREED, "until_ms": 0, "released_ms": NOW - 61_000}, Found.DEAD),
        # A lock that somebody newer has, and one that was handed on to a next part of the same run.
        (RUN, {**HELD, "run_id": "another", "fence": 8}, Found.DEAD),
        (replace(RUN, age_s=59), {**HELD, "run_id": "another", "fence": 8}, Found.ALIVE),
        (RUN, {**HELD, "fence": 8}, Found.ALIVE),
        # No lock, or one of which nothing is known: its age tells.
        (replace(RUN, fence=None), None, Found.ALIVE),
        (replace(RUN, fence=None, age_s=361), None, Found.DEAD),
        (replace(RUN, age_s=361), None, Found.DEAD),
        (replace(RUN, age_s=361), {**HELD, "fence": 3, "run_id": "another"}, Found.DEAD),
        (replace(RUN, age_s=7000, limit_s=None), None, Found.ALIVE),
        # Not begun.
        (replace(RUN, status="queued", age_s=QUEUED_AT_MOST_S), HELD, Found.ALIVE),
        (replace(RUN, status="queued", age_s=QUEUED_AT_MOST_S + 1), HELD, Found.DEAD),
    ],
)
def test_a_run_is_judged_by_its_lock_and_its_age(run: OpenRun, item: dict[str, Any] | None, found: Found) -> None:
    verdict, reason = judge(run, item, NOW)
    assert verdict is found
    assert bool(reason) is (found is not Found.ALIVE)
