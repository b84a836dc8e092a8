"""In a storm of failing, hanging and dying workers every job ends once, no limit is passed, and nobody is forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.storm import Plan, drive, faults, waits

# The large one is benchmarks/queue/fairness.py.
# Of its users more have a backlog than a batch has places.
PLAN = Plan(jobs=800, users=64, hogs=30, processors=3, hanging=4, deadly=4, seed=2, stuck_after_s=3)


def test_a_storm_leaves_every_job_ended_once_within_all_limits_and_nobody_waiting(
    postgres: Any, postgres_url: str, tmp_path: Path
) -> None:
    seen = drive(postgres, postgres_url, PLAN, tmp_path / "record", patience_s=100)

    assert faults(postgres, PLAN, seen) == []
    # It was a storm: the limits were reached, and processes did die.
    assert seen.most == PLAN.max_concurrent
    assert seen.deaths > 0
    # Two batches.
    assert max(waits(postgres)) <= 2 * PLAN.batch_size
