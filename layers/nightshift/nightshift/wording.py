"""Jobs and schedules in words, as people read them on the page and in Slack; pure rules."""

from __future__ import annotations

import re
from typing import Final

from nightshift.schedule import Schedule

_SPELT: Final = {"ai": "AI"}
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)", re.ASCII)
_CRON: Final = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)", re.ASCII)
_STEP: Final = re.compile(r"(?:0|\*)/(\d+)", re.ASCII)
_DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def title(job: str) -> str:
    """Return a job's name in words: `warmup-ai-explanations` is "Warmup AI explanations"."""
    first, *others = (_SPELT.get(word, word) for word in job.split("-"))
    return " ".join((first[:1].upper() + first[1:], *others))


def schedule_in_words(schedule: Schedule) -> str:
    """Return when a schedule fires, such as "every day at 02:00"; an unusual one stays an expression.

    The zone in which the times are meant is not part of it.
    """
    if match := _RATE.fullmatch(schedule.expression):
        return _every(int(match[1]), match[2])
    match = _CRON.fullmatch(schedule.expression)
    return (_cron_in_words(*match.groups()) if match else "") or schedule.expression


def _cron_in_words(minute: str, hour: str, day: str, month: str, weekday: str, year: str) -> str:
    if (month, year) != ("*", "*"):
        return ""
    is_every_day = day in ("*", "?") and weekday in ("*", "?")
    if is_every_day and hour == "*":
        return _within_an_hour(minute)
    if not (minute.isdecimal() and hour.isdecimal()):
        return ""
    at = f"at {int(hour):02}:{int(minute):02}"
    if is_every_day:
        return f"every day {at}"
    if day == "?" and (name := _weekday(weekday)):
        return f"every {name} {at}"
    return f"on day {day} of every month {at}" if weekday == "?" and day.isdecimal() else ""


def _within_an_hour(minute: str) -> str:
    if minute == "*":
        return _every(1, "minute")
    if (step := _STEP.fullmatch(minute)) and 60 % int(step[1]) == 0:
        return _every(int(step[1]), "minute")
    if minute.isdecimal():
        return "every hour, on the hour" if int(minute) == 0 else f"every hour, {int(minute)} minutes past"
    return ""


def _weekday(field: str) -> str:
    if field.isdecimal() and 1 <= int(field) <= len(_DAYS):
        return _DAYS[int(field) - 1]
    return next((day for day in _DAYS if day[:3].upper() == field.upper()), "")


def _every(count: int, unit: str) -> str:
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"
