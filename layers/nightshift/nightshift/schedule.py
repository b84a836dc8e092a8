"""When a job runs next: the expressions of EventBridge Scheduler, read the way it reads them.

Not read: `W` (the weekday nearest to a day of the month).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightshift.errors import InvalidSchedule

_RATE = re.compile(r"rate\((\d{1,6}) (minute|minutes|hour|hours|day|days)\)", re.ASCII)
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
# A day by name or number where a span, a list or a step begins, or a span ends; not the number after # or /.
_WEEKDAY = re.compile(r"(?<![#/\w])(SUN|MON|TUE|WED|THU|FRI|SAT|\d+)", re.ASCII)
_OPEN_STEP = re.compile(r"(?<![-#\d])(\d)/")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_YEAR_SPAN = re.compile(r"(?:\*|(\d{4})(?:-(\d{4}))?)(?:/(\d{1,3}))?", re.ASCII)
_YEARS = range(1970, 2200)
# Beyond that a schedule that is still looking for its time (the 30th of February, an hour that summer time always
# skips) is taken to have none.
_HORIZON_YEARS = 60


@dataclass(frozen=True)
class Schedule:
    """One schedule expression in its zone; use `parse` to make one."""

    expression: str
    zone: ZoneInfo
    period: timedelta | None = None
    cron: str = ""
    years: frozenset[int] = frozenset()

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first time after `moment` (aware) that this fires, in UTC; None where it never does again.

        A rate is counted from the epoch: the true phase is the schedule's creation, which only EventBridge
        knows. A cron time that summer time leaves out is left out, and one that comes twice fires at its first.
        """
        if self.period is not None:
            ticks = moment.timestamp() // self.period.total_seconds() + 1
            return datetime.fromtimestamp(ticks * self.period.total_seconds(), UTC)
        for wall in self._wall_times(moment.astimezone(self.zone).replace(tzinfo=None)):
            fires = wall.replace(tzinfo=self.zone).astimezone(UTC)
            exists = fires.astimezone(self.zone).replace(tzinfo=None) == wall
            if exists and fires > moment:
                return fires
        return None

    def _wall_times(self, after: datetime) -> Iterator[datetime]:
        """Yield the times on the zone's clocks, whether or not they exist in it."""
        from cronsim import CronSim

        times = CronSim(self.cron, after)
        while (wall := next(times, None)) is not None:
            if wall.year in (self.years or range(after.year, after.year + _HORIZON_YEARS)):
                yield wall
                continue
            later = [year for year in self.years if year > wall.year]
            if not later:
                return
            times = CronSim(self.cron, datetime(min(later) - 1, 12, 31, 23, 59))  # noqa: DTZ001  # clocks on a wall


def parse(expression: str, zone: str = "UTC") -> Schedule:
    """Read `rate(30 minutes)` or a six-field `cron(0 2 * * ? *)` in an IANA zone.

    Raises:
        InvalidSchedule: with what would be right.
    """
    try:
        tz = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidSchedule([f"zone: {zone!r} is not an IANA time zone such as America/New_York"]) from None
    if match := _RATE.fullmatch(expression):
        return Schedule(expression, tz, period=_period(int(match[1]), match[2]))
    if match := _CRON.fullmatch(expression):
        return _parse_cron(expression, tz, *match.groups())
    right = "rate(N minutes|hours|days) or cron() with six fields, as in cron(0 2 * * ? *)"
    raise InvalidSchedule([f"schedule: {expression!r} must be {right}"])


def _period(count: int, unit: str) -> timedelta:
    # `rate(1 minutes)` is fine with EventBridge Scheduler, as `rate(1 minute)` is.
    if count == 0 or (count > 1 and not unit.endswith("s")):
        name = unit.rstrip("s")
        raise InvalidSchedule([f"schedule: rate({count} {unit}) must be rate(1 {name}) or rate(2 {name}s) and more"])
    return count * _UNITS[unit.rstrip("s")]


def _parse_cron(expression: str, zone: ZoneInfo, *fields: str) -> Schedule:
    from cronsim import CronSim, CronSimError

    minute, hour, day, month, weekday, year = (field.upper() for field in fields)
    if (day == "?") == (weekday == "?"):
        raise InvalidSchedule(
            [f"schedule: {expression!r} must have ? for the day of month or the day of week, not both"]
        )
    try:
        cron = " ".join([minute, hour, "*" if day == "?" else day, month, _parse_weekday(weekday)])
        CronSim(cron, datetime.now(UTC))
        years = _parse_years(year)
    except (CronSimError, ValueError):
        raise InvalidSchedule([f"schedule: {expression!r} has a field that is not understood"]) from None
    return Schedule(expression, zone, cron=cron, years=years)


def _parse_weekday(field: str) -> str:
    """Translate: EventBridge counts weekdays from 1 = Sunday, cron from 0 = Sunday, and L alone is the week's last."""

    def number(match: re.Match[str]) -> str:
        if match[1] in _WEEKDAYS:
            return str(_WEEKDAYS.index(match[1]))
        if not 1 <= int(match[1]) <= len(_WEEKDAYS):
            raise ValueError(match[1])
        return str(int(match[1]) - 1)

    if field == "L":
        return "6"
    # A step runs to the end of the week; cron's own week has a second Sunday there.
    return "*" if field == "?" else _OPEN_STEP.sub(r"\1-6/", _WEEKDAY.sub(number, field))


def _parse_years(field: str) -> frozenset[int]:
    if field == "*":
        return frozenset()
    years: set[int] = set()
    for part in field.split(","):
        match = _YEAR_SPAN.fullmatch(part)
        if not match:
            raise ValueError(part)
        first, last, step = match.groups()
        low = int(first) if first else _YEARS.start
        high = int(last) if last else low if first and not step else _YEARS[-1]
        span = range(low, high + 1, int(step or 1))
        if low not in _YEARS or high not in _YEARS or not span:
            raise ValueError(part)
        years.update(span)
    return frozenset(years)
