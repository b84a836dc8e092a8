"""When a job runs next: the expressions of EventBridge Scheduler, read the way it reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightshift.errors import InvalidSchedule

_RATE = re.compile(r"rate\((\d{1,6}) (minute|minutes|hour|hours|day|days)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_WEEKDAY_NUMBER = re.compile(r"(?<![#/\d])([1-7])(?!\d)")
_YEARS = range(1970, 2200)


@dataclass(frozen=True)
class Schedule:
    """One schedule expression in its zone; use `parse` to make one."""

    expression: str
    zone: ZoneInfo
    period: timedelta | None = None
    cron: str = ""
    years: frozenset[int] = frozenset()

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first time after `moment` (aware) that this schedule fires, in UTC; None where it never does again.

        A rate is counted from the epoch: the true phase is the schedule's creation, which only EventBridge
        knows.
        """
        if self.period is not None:
            ticks = moment.timestamp() // self.period.total_seconds() + 1
            return datetime.fromtimestamp(ticks * self.period.total_seconds(), UTC)
        return self._next_cron(moment.astimezone(self.zone))

    def _next_cron(self, moment: datetime) -> datetime | None:
        from cronsim import CronSim

        while True:
            fires: datetime | None = next(CronSim(self.cron, moment), None)
            if fires is None:
                return None
            if not self.years or fires.year in self.years:
                return fires.astimezone(UTC)
            later = [year for year in self.years if year > fires.year]
            if not later:
                return None
            moment = datetime(min(later) - 1, 12, 31, 23, 59, tzinfo=self.zone)


def parse(expression: str, zone: str = "UTC") -> Schedule:
    """Read `rate(30 minutes)` or a six-field `cron(0 2 * * ? *)` in an IANA zone.

    Raises:
        InvalidSchedule: with what would be right.
    """
    try:
        tz = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidSchedule([f"zone: {zone!r} is not an IANA time zone such as America/New_York"]) from None
    if match := _RATE.fullmatch(expression):
        return Schedule(expression, tz, period=_period(int(match[1]), match[2]))
    if match := _CRON.fullmatch(expression):
        return _parse_cron(expression, tz, *match.groups())
    raise InvalidSchedule(
        [
            f"schedule: {expression!r} must be rate(N minutes|hours|days) or cron() with six fields, as in cron(0 2 * * ? *)"
        ]
    )


def _period(count: int, unit: str) -> timedelta:
    if count == 0 or (count == 1) == unit.endswith("s"):
        raise InvalidSchedule(
            [f"schedule: rate({count} {unit}) must be rate(1 {unit.rstrip('s')}) or a plural of 2 and more"]
        )
    return count * _UNITS[unit.rstrip("s")]


def _parse_cron(expression: str, zone: ZoneInfo, *fields: str) -> Schedule:
    from cronsim import CronSim, CronSimError

    minute, hour, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise InvalidSchedule(
            [f"schedule: {expression!r} must have ? for the day of month or the day of week, not both"]
        )
    # EventBridge counts weekdays from 1 = Sunday, cron from 0 = Sunday.
    weekday = _WEEKDAY_NUMBER.sub(lambda match: str(int(match[1]) - 1), weekday)
    cron = " ".join([minute, hour, day.replace("?", "*"), month, weekday.replace("?", "*")])
    try:
        CronSim(cron, datetime.now(UTC))
        years = _parse_years(year)
    except (CronSimError, ValueError):
        raise InvalidSchedule([f"schedule: {expression!r} has a field that is not understood"]) from None
    return Schedule(expression, zone, cron=cron, years=years)


def _parse_years(field: str) -> frozenset[int]:
    if field == "*":
        return frozenset()
    years: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        low = _YEARS.start if first == "*" else int(first)
        high = int(last) if last else (_YEARS.stop - 1 if step or first == "*" else low)
        years.update(range(low, high + 1, int(step or 1)))
    return frozenset(years)
