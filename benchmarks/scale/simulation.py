"""Time that is counted, not waited for: processes that sleep and queue on a clock which jumps to the next event.

A process is plain code in a greenlet, so that the project's own code, which blocks where it waits, runs as it is
(docs/adr/0275).
"""

from __future__ import annotations

import heapq
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from greenlet import GreenletExit, getcurrent, greenlet

_GRANTED: Final = object()
_GIVEN_UP: Final = object()


class Simulation:
    """A clock, and what happens at which moment; what happens at the same moment keeps its order.

    Attributes:
        now: seconds since the beginning, on the clock of the simulation.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Event]] = []
        self._numbers = 0
        self._hub = getcurrent()
        self._living: set[greenlet] = set()
        self._is_over = False
        # What the process that goes on has computed, and not been asked for yet.
        self._owed_s = 0.0
        self._computing_since = 0.0

    def spawn(self, work: Callable[[], object], *, at: float = 0.0) -> None:
        """Begin a process `at` seconds from now."""

        def live(_: object) -> None:
            try:
                work()
            finally:
                self._living.discard(process)

        process = greenlet(live, self._hub)
        self._living.add(process)
        self._schedule(at, lambda: self._go_on(process, None))

    def call(self, after_s: float, act: Callable[[], object]) -> Event:
        """Let something happen that takes no time itself."""
        return self._schedule(after_s, act)

    def sleep(self, seconds: float) -> None:
        """Let time pass for the process that calls."""
        me = self._me()
        self._schedule(seconds, lambda: self._go_on(me, None))
        self._stand()

    def wait(self, patience_s: float, register: Callable[[Callable[[], None]], object]) -> bool:
        """Stand until somebody calls what `register` was given; return False where patience ended first."""
        me = self._me()
        timer = self._schedule(patience_s, lambda: self._go_on(me, _GIVEN_UP)) if patience_s < math.inf else None

        def wake() -> None:
            if timer is not None:
                timer.cancel()
            self._schedule(0.0, lambda: self._go_on(me, _GRANTED))

        register(wake)
        return self._stand() is _GRANTED

    def run(self, until: float, *, stop: Callable[[], bool] = lambda: False) -> None:
        """Let everything happen until that moment, or until `stop` is true after an event."""
        while self._events and self._events[0][0] <= until and not stop():
            at, _, event = heapq.heappop(self._events)
            if event.act is not None:
                self.now = at
                event.act()
        if not stop():
            self.now = max(self.now, until)

    def end(self) -> None:
        """Break off every process where it stands."""
        self._is_over = True
        while self._living:
            self._living.pop().throw()

    def computed_s(self) -> float:
        """Return for how long the calling process has computed since it was asked last."""
        now_s = time.thread_time()
        computed_s = self._owed_s + now_s - self._computing_since
        self._owed_s, self._computing_since = 0.0, now_s
        return computed_s

    def _schedule(self, after_s: float, act: Callable[[], object]) -> Event:
        self._numbers += 1
        event = Event(act)
        heapq.heappush(self._events, (self.now + max(0.0, after_s), self._numbers, event))
        return event

    def _me(self) -> greenlet:
        if self._is_over:
            raise GreenletExit
        me = getcurrent()
        if me is self._hub:
            raise RuntimeError("only a process can wait; begin one with spawn()")
        return me

    def _stand(self) -> Any:
        owed_s = self.computed_s()
        told = self._hub.switch()
        self._owed_s, self._computing_since = owed_s, time.thread_time()
        return told

    def _go_on(self, process: greenlet, told: object) -> None:
        if not process.dead:
            self._owed_s, self._computing_since = 0.0, time.thread_time()
            process.switch(told)


@dataclass(slots=True)
class Event:
    """Something that will happen."""

    act: Callable[[], object] | None

    def cancel(self) -> None:
        """Let it not happen."""
        self.act = None


class Station:
    """Places that processes hold for a while, first come, first served: processors, connections, a lock.

    Attributes:
        waits_s: how long each wait took that came to its end since the last reset, also those that were given up.
        given_up: how many of these were given up.
        most: how many places were held at most, since the beginning.
    """

    def __init__(self, simulation: Simulation, name: str, places: int) -> None:
        self.name = name
        self.places = places
        self.waits_s: list[float] = []
        self.given_up = 0
        self.most = 0
        self._simulation = simulation
        self._line: deque[Callable[[], None]] = deque()
        self._held = 0
        self._held_s = 0.0
        self._looked_at = self._began_at = simulation.now

    def take(self, patience_s: float = math.inf) -> bool:
        """Take a place, waiting for it so long; return whether there was one."""
        began, is_granted = self._simulation.now, True
        if self._held < self.places and not self._line:
            self._hold(1)
        elif patience_s <= 0:
            is_granted = False
        else:
            mine: list[Callable[[], None]] = []

            def register(wake: Callable[[], None]) -> None:
                mine.append(wake)
                self._line.append(wake)

            is_granted = self._simulation.wait(patience_s, register)
            if not is_granted:
                self._line.remove(mine[0])
        self.waits_s.append(self._simulation.now - began)
        self.given_up += not is_granted
        return is_granted

    def give(self) -> None:
        """Give a place back; it passes to whoever has waited longest."""
        if self._line:
            self._line.popleft()()
        else:
            self._hold(-1)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold a place, waiting for it as long as it takes."""
        self.take()
        try:
            yield
        finally:
            self.give()

    def serve(self, seconds: float) -> None:
        """Hold a place for so long."""
        with self.held():
            self._simulation.sleep(seconds)

    @property
    def utilisation(self) -> float:
        """Which part of its places was held, since the last reset."""
        self._hold(0)
        passed_s = self._simulation.now - self._began_at
        return self._held_s / (passed_s * self.places) if passed_s else 0.0

    def reset(self) -> None:
        """Forget what was counted, not who holds and waits."""
        self._hold(0)
        self.waits_s.clear()
        self.given_up, self._held_s = 0, 0.0
        self._began_at = self._simulation.now

    def _hold(self, change: int) -> None:
        now = self._simulation.now
        self._held_s += self._held * (now - self._looked_at)
        self._looked_at = now
        self._held += change
        self.most = max(self.most, self._held)


class Bucket:
    """So many requests a second and no more; what is not used is kept for a second."""

    def __init__(self, simulation: Simulation, per_second: float) -> None:
        self._simulation = simulation
        self._per_second = per_second
        self._tokens = per_second
        self._at = simulation.now

    def takes(self) -> bool:
        """Take a token, if there is one."""
        now = self._simulation.now
        self._tokens = min(self._per_second, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
