"""Fires the schedules of the template at their times, as EventBridge Scheduler does: at least once, never a storm."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from local.stack import ScheduledEvent
from nightshift.schedule import Schedule, parse

# Short, because the time of day may jump: a laptop wakes up, a clock is set.
_LOOK_EVERY_S: Final = 1.0
_SCHEDULED_TIME: Final = "<aws.scheduler.scheduled-time>"

Send = Callable[[str, bytes], object]


@dataclass
class _Hand:
    event: ScheduledEvent
    schedule: Schedule
    due: datetime | None

    def strike(self, now: datetime) -> datetime | None:
        """The newest time that has come since the last look; older ones that were slept through are dropped."""
        newest = None
        while self.due is not None and self.due <= now:
            newest, self.due = self.due, self.schedule.next_after(self.due)
        return newest


class Clock:
    """Looks at the time once a second and sends what is due, asynchronously."""

    def __init__(self, events: Iterable[ScheduledEvent], send: Send, now: Callable[[], datetime] | None = None) -> None:
        """`send` takes a function's name and a payload; disabled schedules are left out."""
        self._now = now or (lambda: datetime.now(UTC))
        self._send = send
        start = self._now()
        schedules = [(event, parse(event.expression, event.zone)) for event in events if event.enabled]
        self._hands = [_Hand(event, schedule, schedule.next_after(start)) for event, schedule in schedules]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    @property
    def next_times(self) -> Sequence[tuple[ScheduledEvent, datetime | None]]:
        """When each schedule fires next."""
        return [(hand.event, hand.due) for hand in self._hands]

    def start(self) -> None:
        """Runs in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Fires nothing any more."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Sends what has become due since the last look."""
        now = self._now()
        for hand in self._hands:
            struck = hand.strike(now)
            if struck is not None:
                time_text = struck.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                self._send(hand.event.function, hand.event.input.replace(_SCHEDULED_TIME, time_text).encode())

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK_EVERY_S):
            self.look()
