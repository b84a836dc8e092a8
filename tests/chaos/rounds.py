"""The rounds of one job: work is given, a fault happens, the job is run until nothing is left; then it is counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.chaos import effects
from tests.chaos.effects import Effect, Scenario
from tests.chaos.faults import Fault
from tests.chaos.ground import Ground
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.world import World

# So many runs must be enough to do what a fault has left.
_MOST_RUNS: Final = 12
_EVENTS_S: Final = 60.0
# On a machine that is busy enough, a run is over its lease before it comes to where something is to happen to it.
_TRIES: Final = 5


@dataclass
class Account:
    """What was done to one job and what has become of it."""

    job: str
    injected: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    effects: list[Effect] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    results: Counter[str] = field(default_factory=Counter)
    took_s: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether all is as it should be."""
        return not self.problems and all(effect.holds for effect in self.effects)


@dataclass(frozen=True)
class Way:
    """How a chaos run goes."""

    seed: int
    lease_s: float = 3.0
    fence: bool = True


class Rounds:
    """One job in its world."""

    def __init__(self, ground: Ground, job: str, way: Way) -> None:
        self.account = Account(job)
        self.scenario: Scenario = SCENARIOS[job]()
        self.world = World(
            ground, job, lease_s=way.lease_s, fence=way.fence, seed=way.seed, locked=self.scenario.locked
        )
        self.world.scheduled = self.scenario.scheduled
        self.scenario.open(self.world)
        self._settled = self._late = 0

    def warm_up(self) -> None:
        """An undisturbed round: it also tells how often a run writes."""
        self._settle("without a fault", dict(self.scenario.give()))

    def go(self, faults: Sequence[Fault]) -> None:
        """Go through the faults, in an order that the seed gives."""
        started = time.monotonic()
        own = [fault for fault in faults if fault.fits(self.world)]
        for fault in self.world.chance.sample(own, len(own)):
            if not any(self.round(fault) for _ in range(_TRIES)):
                self.account.problems.append(f"{fault.name}: no run has met it")
        self.account.took_s += time.monotonic() - started

    def round(self, fault: Fault) -> bool:
        """Give work, let the fault happen, see that all is done all the same; return whether a run has met it."""
        params = dict(self.scenario.give())
        met = fault.happen(self.world, params, self.scenario.meanwhile)
        (self.account.injected if met else self.account.missed)[fault.name] += 1
        self._settle(fault.name, params)
        return met

    def recover(self, fault: str, params: dict[str, object]) -> None:
        """See that all is done although something has happened to everybody."""
        self.account.injected[fault] += 1
        self._settle(fault, params)

    def count(self) -> Account:
        """Count what there is now, at the end."""
        common = effects.common(self.world, locked=self.scenario.locked)
        in_time = Effect("rounds with locks free in time", self._settled, self._settled - self._late)
        self.account.effects = [*self.scenario.effects(), *common, *([in_time] if self.scenario.locked else [])]
        self.account.results = self.world.results
        return self.account

    def close(self) -> None:
        """End the world."""
        self.scenario.close()
        self.world.close()

    def _settle(self, fault: str, params: dict[str, object]) -> None:
        """Run the job until nothing is left; nothing may hold it up for longer than a lease."""
        self.world.functions.wait_for_events(_EVENTS_S)
        if self.world.locks_held() or not self.world.locked:
            time.sleep(self.world.lapse_s)
        held = self.world.locks_held()
        left, said = self._run_until_done(params)
        self._settled += 1
        if held or said[0] == "held":
            self._late += 1
            self.account.problems.append(f"{fault}: held after its lease: {', '.join(held) or self.account.job}")
        if left or said[-1] != "succeeded":
            self.account.problems.append(f"{fault}: after {len(said)} runs {left} are left; they ended as {said}")

    def _run_until_done(self, params: dict[str, object]) -> tuple[int, list[str]]:
        """Run the job again and again; return how much is left, and what the runs said of themselves."""
        said: list[str] = []
        while len(said) < _MOST_RUNS:
            said.append(self.world.run(params, self.world.next_slot()))
            self.world.functions.wait_for_events(_EVENTS_S)
            left = self.scenario.left()
            if not left and said[-1] == "succeeded":
                break
        return left, said
