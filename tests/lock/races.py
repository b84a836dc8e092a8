"""Races of several processes for one lock, round after round, and what may not be seen in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from nightshift.dynamodb import decode
from tests.lock.workers import TABLE

RACERS = 8
ROOT = Path(__file__).parents[2]


@dataclass
class Racers:
    """Eight processes that do the same thing at the same moment."""

    process: subprocess.Popen[str]

    def order(self, **order: Any) -> list[Any]:
        """Tell all of them, and return what each of them answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answers: list[Any] = json.loads(self.process.stdout.readline())
        return answers


@contextmanager
def racers() -> Iterator[Racers]:
    """They are there until the end of the block."""
    paths = [ROOT, ROOT / "functions", ROOT / "layers" / "nightshift"]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.lock.racer", TABLE, str(RACERS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
    ) as process:
        yield Racers(process)


@dataclass
class Course:
    """One lock, and the way to it: `endpoint` may lose answers, `table` never does."""

    racers: Racers
    table: Any
    endpoint: str
    mutant: str = "AS_IT_IS"

    def __post_init__(self) -> None:
        self.name = str(uuid4())
        self.fence = 0
        self.unavailable = 0

    def run(self, rounds: int) -> list[str]:
        """Race so many rounds and return all that went wrong; each even round's slot is done."""
        return [f"round {number}: {fault}" for number in range(1, rounds + 1) for fault in self.round(number)]

    def round(self, number: int) -> Iterator[str]:
        """One race, and the winner's release."""
        answers = self.acquire(number)
        winners = [answer for answer in answers if "fence" in answer]
        yield from self.of_the_race(answers, winners)
        released = [answer for answer in self.racers.order(do="release", done=number % 2 == 0) if answer is not None]
        unknown = [answer for answer in released if answer is not True and answer is not False]
        self.unavailable += len(unknown)
        if False in released:
            yield "a winner was told that the lock was not its own"
        if self.holder():
            yield "the lock was not free after its release"

    def acquire(self, slot_ms: int) -> list[Any]:
        """All of them want it."""
        asked = {"endpoint": self.endpoint, "mutant": self.mutant, "name": self.name, "slot": slot_ms}
        return self.racers.order(do="acquire", **asked)

    def of_the_race(self, answers: Sequence[Any], winners: Sequence[Any]) -> Iterator[str]:
        unknown = sum("unavailable" in answer for answer in answers)
        self.unavailable += unknown
        if len(winners) > 1 or not (winners or unknown):
            yield f"{len(winners)} winners"
        holders = {answer["holder"] for answer in winners}
        refused = [answer for answer in answers if "refused" in answer]
        # Whoever got no answer at all may have held it for a moment.
        if not unknown and any(answer["by"] not in holders for answer in refused):
            yield "refused because of a holder that is none of the others"
        if any(answer["refused"] != "held" for answer in refused) and not unknown:
            yield f"refused as {sorted({answer['refused'] for answer in refused})}"
        if self.holder() not in (holders or {None}):
            yield "the lock is held by nobody who knows of it"
        for answer in winners:
            if answer["fence"] <= self.fence:
                yield f"fence {answer['fence']} after {self.fence}"
            self.fence = answer["fence"]

    def holder(self) -> str | None:
        """Who holds the lock, as the table has it."""
        found = self.table.get_item(TableName=TABLE, Key={"pk": {"S": self.name}}, ConsistentRead=True).get("Item", {})
        return decode(found).get("holder")
