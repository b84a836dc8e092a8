"""Schedules that EventBridge would refuse, misread, or run under a name that another stack has taken."""

from __future__ import annotations

import json
import re
import zoneinfo
from collections.abc import Callable
from functools import cache
from typing import Any

from deploy.rules.reading import of_type, resolver
from deploy.translated import Template

RATE = re.compile(r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)")
CRON = re.compile(r"cron\((\S+(?: \S+)*)\)")
# https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
MAX_ATTEMPTS = 185
EVENT_AGE_S = range(60, 86401)
SLOT = {"trigger": "schedule", "slot": "<aws.scheduler.scheduled-time>"}


def problems(template: Template) -> list[str]:
    """What is wrong with each `AWS::Scheduler::Schedule`."""
    resolve = resolver(template)
    found = []
    for name, schedule in of_type(template, "AWS::Scheduler::Schedule"):
        each = [*_when(schedule, resolve), *_delivery(schedule.get("Target", {}))]
        if "Name" in schedule:
            each.append("has a name, which collides with a second stack: set OmitName: true")
        found += [f"{name} {problem}" for problem in each]
    return found


def _when(schedule: dict[str, Any], resolve: Callable[[Any], Any]) -> list[str]:
    expression = resolve(schedule.get("ScheduleExpression", ""))
    zone = resolve(schedule.get("ScheduleExpressionTimezone", ""))
    state = resolve(schedule.get("State", ""))
    found = expression_problems(expression)
    if zone not in _zones():
        found.append(f"names the time zone '{zone}', which does not exist")
    if state not in ("ENABLED", "DISABLED"):
        found.append(f"has the state '{state}': it must be ENABLED or DISABLED")
    return found


@cache
def _zones() -> frozenset[str]:
    # Thousands of files are looked at to find them.
    return frozenset(zoneinfo.available_timezones())


def expression_problems(expression: str) -> list[str]:
    """Why EventBridge Scheduler would not take an expression (a cron of crontab's five fields, say)."""
    if RATE.fullmatch(expression):
        return []
    cron = CRON.fullmatch(expression)
    if cron is None:
        return [f"has the expression '{expression}': it must be rate(N minutes|hours|days) or cron(...)"]
    fields = cron.group(1).split(" ")
    if len(fields) != 6:
        return [f"has a cron of {len(fields)} fields: minutes hours day-of-month month day-of-week year are six"]
    if (fields[2] == "?") == (fields[4] == "?"):
        return ["needs a ? as either its day of the month or its day of the week"]
    return []


def _delivery(target: dict[str, Any]) -> list[str]:
    retry = target.get("RetryPolicy", {})
    found = []
    if retry.get("MaximumRetryAttempts", -1) not in range(MAX_ATTEMPTS + 1):
        found.append(f"must say MaximumRetryAttempts, 0 to {MAX_ATTEMPTS}")
    if retry.get("MaximumEventAgeInSeconds", 0) not in EVENT_AGE_S:
        found.append(f"must say MaximumEventAgeInSeconds, {EVENT_AGE_S[0]} to {EVENT_AGE_S[-1]}")
    if "Arn" not in target.get("DeadLetterConfig", {}):
        found.append("has no DeadLetterConfig: an event that cannot be delivered would vanish")
    if "RoleArn" not in target:
        found.append("has no role of its own")
    if _read_json(target.get("Input")) != SLOT:
        found.append(f"must send {json.dumps(SLOT)}")
    return found


def _read_json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None
