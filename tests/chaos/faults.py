"""Everything that is done to a run: each fault happens to the first run of a round, and says whether it was met."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.chaos.orders import (
    AFTER_COMMIT,
    AFTER_LOCK,
    AFTER_WAKING,
    BEFORE_COMMIT,
    BEFORE_WAKING,
    CUT_ANSWER,
    CUT_MESSAGE,
    END_BACKEND,
    KILL,
    RANDOM,
    STEPS,
    STOP,
    Order,
)
from tests.chaos.proxies import FAIR, Weather
from tests.chaos.world import Background, World

_LOCK: Final = "a lock"
_SLOT: Final = "a slot"
_POLL_S: Final = 0.01
# What a caller is answered whose request has killed the door.
_DIED: Final = 500
_PATIENCE_S: Final = 60.0
# Longer than a worker here waits for DynamoDB, so that its own second try meets what the first one did.
_TOO_SLOW_S: Final = 0.9

# Called while a worker is frozen and its lease lapses: the world goes on.
Meanwhile = Callable[[], None]


@dataclass(frozen=True)
class Fault:
    """What is done; `happen` returns whether it was met, and leaves the first run ended or frozen-and-gone-on."""

    name: str
    happen: Callable[[World, Mapping[str, Any], Meanwhile], bool]
    # What only some jobs have, and a fault may be about.
    needs: str = ""

    def fits(self, world: World) -> bool:
        """Whether it can happen to the world's job."""
        return {_LOCK: world.locked, _SLOT: world.scheduled}.get(self.needs, True)


def all_faults() -> list[Fault]:
    """Return every fault, once."""
    at_steps = [_at(act, step) for act in (KILL, STOP) for step in STEPS]
    at_random = [_at(act, RANDOM) for act in (KILL, KILL, STOP)]
    cuts = [_cut(act) for act in (END_BACKEND, CUT_MESSAGE, CUT_ANSWER)]
    weathers = [
        _weather("DynamoDB slow", Weather(slow_s=_TOO_SLOW_S)),
        _weather("DynamoDB throttled", Weather(throttled=0.5)),
        _weather("DynamoDB unreachable", Weather(unreachable=1.0)),
        _weather("DynamoDB's answers lost", Weather(unanswered=0.4)),
    ]
    deliveries = [
        Fault("schedule twice", _schedule_twice, _SLOT),
        Fault("schedule late", _schedule_late, _SLOT),
        Fault("event twice", _event_twice),
    ]
    doors = [_at_the_door(step) for step in (AFTER_LOCK, BEFORE_WAKING, AFTER_WAKING)]
    return [*at_steps, *at_random, *cuts, *weathers, *deliveries, *doors, Fault("PostgreSQL restarted", _restart)]


def named(*names: str) -> list[Fault]:
    """Return some of them."""
    return [fault for fault in all_faults() if fault.name in names]


def _at(act: str, step: str) -> Fault:
    word = "killed" if act == KILL else "frozen"

    def happen(world: World, params: Mapping[str, Any], meanwhile: Meanwhile) -> bool:
        return _suffer(world, params, Order(act, step, nth=_nth(world, step)), meanwhile)

    def happen_at_random(world: World, params: Mapping[str, Any], meanwhile: Meanwhile) -> bool:
        """A run may be over before the moment comes: then sooner, in the next one."""
        after_s = world.chance.random() * world.orders.undisturbed().took_s
        tries = (Order(act, RANDOM, after_s=after_s / times) for times in (1, 2, 4, 8))
        return any(_suffer(world, params, order, meanwhile) for order in tries)

    return Fault(f"{word} at random", happen_at_random) if step == RANDOM else Fault(f"{word} {step}", happen)


def _cut(act: str) -> Fault:
    def happen(world: World, params: Mapping[str, Any], meanwhile: Meanwhile) -> bool:
        return _suffer(world, params, Order(act, BEFORE_COMMIT, nth=_nth(world, BEFORE_COMMIT)), meanwhile)

    words = {END_BACKEND: "backend ended", CUT_MESSAGE: "message cut", CUT_ANSWER: "answer cut"}
    return Fault(words[act], happen)


def _at_the_door(step: str) -> Fault:
    def happen(world: World, params: Mapping[str, Any], _meanwhile: Meanwhile) -> bool:
        """The door is killed while it starts the job; whether the job runs all the same is seen afterwards."""
        world.orders.clear()
        world.orders.give(Order(KILL, step))
        return world.trigger(params) == _DIED and any(world.orders.reached())

    return Fault(f"door killed {step}", happen, needs=_LOCK)


def _nth(world: World, step: str) -> int:
    """Any of the writes that a run makes, where that is the step."""
    return world.chance.randint(1, world.orders.undisturbed().writes) if step in (BEFORE_COMMIT, AFTER_COMMIT) else 1


def _suffer(world: World, params: Mapping[str, Any], order: Order, meanwhile: Meanwhile) -> bool:
    world.orders.clear()
    world.orders.give(order)
    slot = world.next_slot()
    first = Background(lambda: world.run(params, slot))
    reached = _wait_for(lambda: next(world.orders.reached(), 0) or not first.is_alive())
    pid = next(world.orders.reached(), 0)
    if pid and order.act == STOP:
        _freeze(world, params, slot, meanwhile, pid)
    first.join(_PATIENCE_S)
    if reached and pid and order.act == KILL:
        # Lambda delivers an event again whose run has died.
        world.run(params, slot)
    return bool(pid)


def _freeze(world: World, params: Mapping[str, Any], slot: str | None, meanwhile: Meanwhile, pid: int) -> None:
    """Leave a stopped worker until its lease has lapsed and somebody else has done its work; then let it go on."""
    time.sleep(world.lapse_s)
    meanwhile()
    world.run(params, slot)
    os.kill(pid, signal.SIGCONT)


def _weather(name: str, weather: Weather) -> Fault:
    def happen(world: World, params: Mapping[str, Any], meanwhile: Meanwhile) -> bool:
        before = world.rain.fallen.total()
        world.rain.weather = weather
        try:
            world.run(params, world.next_slot())
        finally:
            world.rain.weather = FAIR
        return world.rain.fallen.total() > before

    return Fault(name, happen, needs=_LOCK)


def _schedule_twice(world: World, params: Mapping[str, Any], _meanwhile: Meanwhile) -> bool:
    """Twice at once, and once more when it is over."""
    slot = world.next_slot()
    both = [Background(lambda: world.run(params, slot)) for _ in range(2)]
    for each in both:
        each.join(_PATIENCE_S)
    return world.run(params, slot) == "slot_done" or not world.locked


def _schedule_late(world: World, params: Mapping[str, Any], _meanwhile: Meanwhile) -> bool:
    """An event that was on its way for long comes after a newer one."""
    world.next_slot()
    late, newer = world.slot_before(), world.next_slot()
    world.run(params, newer)
    return world.run(params, late) == "slot_done" or not world.locked


def _event_twice(world: World, params: Mapping[str, Any], _meanwhile: Meanwhile) -> bool:
    """The door wakes the job, and Lambda delivers that event twice."""
    world.functions.twice, before = True, world.functions.delivered_twice
    try:
        status = world.trigger(params)
        world.functions.wait_for_events(_PATIENCE_S)
    finally:
        world.functions.twice = False
    return status in (200, 202) and world.functions.delivered_twice > before


def _restart(world: World, params: Mapping[str, Any], _meanwhile: Meanwhile) -> bool:
    """All worlds share the server: who restarts it, does so while every job is at work (`run.py`)."""
    return True


def _wait_for(condition: Callable[[], object]) -> bool:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(_POLL_S)
    return False
