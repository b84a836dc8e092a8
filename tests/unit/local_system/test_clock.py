from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from local.clock import Clock
from local.stack import ScheduledEvent


class _World:
    """A time of day that the test sets, and what the clock sent."""

    def __init__(self, *events: ScheduledEvent, start: datetime) -> None:
        self.now = start
        self.sent: list[tuple[str, str]] = []
        self.clock = Clock(events, lambda name, payload: self.sent.append((name, payload.decode())), lambda: self.now)

    def at(self, now: datetime) -> list[tuple[str, str]]:
        self.sent.clear()
        self.now = now
        self.clock.look()
        return list(self.sent)


def _event(expression: str, zone: str = "UTC", *, enabled: bool = True) -> ScheduledEvent:
    return ScheduledEvent("tick", "job", expression, zone, enabled, '{"slot":"<aws.scheduler.scheduled-time>"}')


_NOON = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)


def test_a_schedule_fires_once_at_its_time_and_says_which() -> None:
    world = _World(_event("rate(30 minutes)"), start=_NOON)

    assert world.at(_NOON + timedelta(minutes=29)) == []
    assert world.at(_NOON + timedelta(minutes=30)) == [("job", '{"slot":"2026-11-22T12:30:00Z"}')]
    assert world.at(_NOON + timedelta(minutes=31)) == []


def test_after_a_sleep_only_the_newest_missed_time_fires() -> None:
    world = _World(_event("cron(* * * * ? *)"), _event("rate(1 minute)"), start=_NOON)

    woken = _NOON + timedelta(days=2)
    assert world.at(woken) == [("job", '{"slot":"2026-11-24T12:00:00Z"}')] * 2
    assert world.at(woken + timedelta(seconds=10)) == []


def test_a_clock_that_is_set_back_fires_nothing_twice() -> None:
    world = _World(_event("cron(* * * * ? *)"), start=_NOON)

    assert len(world.at(_NOON + timedelta(minutes=1))) == 1
    assert world.at(_NOON - timedelta(hours=1)) == []
    assert world.at(_NOON + timedelta(minutes=1)) == []


def test_a_cron_is_read_in_its_zone() -> None:
    world = _World(_event("cron(0 2 * * ? *)", "Europe/Berlin"), start=_NOON)
    two_in_berlin = datetime(2026, 11, 23, 2, 0, tzinfo=ZoneInfo("Europe/Berlin"))

    assert world.at(two_in_berlin - timedelta(seconds=1)) == []
    assert world.at(two_in_berlin) == [("job", '{"slot":"2026-11-23T01:00:00Z"}')]


def test_a_disabled_schedule_never_fires() -> None:
    world = _World(_event("rate(1 minute)", enabled=False), start=_NOON)

    assert world.at(_NOON + timedelta(days=1)) == []
    assert world.clock.next_times == []
