"""Eight processes want one lock at the same moment, round after round."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.library.locking import LockTable

RACERS = 8
ROUNDS = 15
ROOT = Path(__file__).parents[3]


class Racer:
    def __init__(self, table: LockTable) -> None:
        paths = [ROOT, ROOT / "functions", ROOT / "layers" / "nightshift"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.library.racer", table.endpoint, table.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        )

    def order(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate(timeout=20)


@pytest.fixture
def racers(table: LockTable) -> Iterator[list[Racer]]:
    started = [Racer(table) for _ in range(RACERS)]
    try:
        assert [racer.answer() for racer in started] == ["ready"] * RACERS
        yield started
    finally:
        for racer in started:
            racer.end()


def race(racers: list[Racer], name: str, slot: int) -> list[Any]:
    for racer in racers:
        racer.order(do="acquire", name=name, slot=slot)
    return [racer.answer() for racer in racers]


def test_one_process_wins_each_round_and_the_fence_only_rises(racers: list[Racer], name: str) -> None:
    fences = []
    for slot in range(1, ROUNDS + 1):
        answers = race(racers, name, slot)
        winners = [racer for racer, answer in zip(racers, answers, strict=True) if "fence" in answer]
        assert len(winners) == 1, answers
        assert [answer["refused"] for answer in answers if "fence" not in answer] == ["held"] * (RACERS - 1)
        fences += [answer["fence"] for answer in answers if "fence" in answer]
        winners[0].order(do="release", done=slot % 2 == 0)
        assert winners[0].answer() is True
    assert fences == list(range(1, ROUNDS + 1))
    # The last even slot was done: nobody gets it, or one before it, again.
    assert race(racers, name, ROUNDS - 1) == [{"refused": "slot_done"}] * RACERS
