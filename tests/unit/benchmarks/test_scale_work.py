"""How long simulated jobs take."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from benchmarks.scale.processors import durations


def test_durations_are_exponential_and_their_mean_is_soon_near_one() -> None:
    chance = random.Random(5)  # noqa: S311

    few = durations(chance)
    many = [each for _ in range(500) for each in durations(chance)]

    assert statistics.mean(few) == pytest.approx(1.0, rel=0.15)
    assert statistics.mean(many) == pytest.approx(1.0, rel=0.02)
    assert sum(each > 1.0 for each in many) / len(many) == pytest.approx(1 / math.e, abs=0.01)
    assert sum(each > 3.0 for each in many) / len(many) == pytest.approx(math.exp(-3), abs=0.01)
