"""Schedules are read in three places (AWS, the template's parameters, our library): they must agree."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deploy.rules.reading import of_type, resolver
from deploy.rules.schedules import expression_problems
from deploy.translated import Template
from nightshift import schedule
from nightshift.errors import InvalidSchedule

UNDERSTOOD = [
    "rate(1 minute)",
    "rate(30 minutes)",
    "rate(2 hours)",
    "cron(0 * * * ? *)",
    "cron(0/30 * ? * MON-FRI *)",
    "cron(0 3 ? * 1 *)",
]
REFUSED = [
    "*/30 * * * *",
    "cron(*/30 * * * *)",
    "cron(0 12 * * ? * *)",
    "rate(0 minutes)",
    "rate(30 minute)",
    "rate(-1 minutes)",
    "rate(30 seconds)",
    "every half hour",
]


def _parameters(written: Template, end: str | tuple[str, ...]) -> list[dict[str, Any]]:
    found = [parameter for name, parameter in written["Parameters"].items() if name.endswith(end)]
    assert found
    return found


@pytest.mark.parametrize("expression", UNDERSTOOD)
def test_what_the_parameters_take_is_understood_everywhere(written: Template, expression: str) -> None:
    for parameter in _parameters(written, "Schedule"):
        assert re.fullmatch(parameter["AllowedPattern"], expression)
    assert expression_problems(expression) == []
    assert schedule.parse(expression, "UTC")


@pytest.mark.parametrize("expression", REFUSED)
def test_what_aws_would_refuse_is_refused_before(written: Template, expression: str) -> None:
    for parameter in _parameters(written, "Schedule"):
        assert not re.fullmatch(parameter["AllowedPattern"], expression)
    assert expression_problems(expression)
    with pytest.raises(InvalidSchedule):
        schedule.parse(expression, "UTC")


ZONES = ("Zone", "Timezone")


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
def test_zones_are_taken(written: Template, zone: str) -> None:
    for parameter in _parameters(written, ZONES):
        assert re.fullmatch(parameter["AllowedPattern"], zone)


@pytest.mark.parametrize("zone", ["", "New York", 'UTC","x":"', "/UTC"])
def test_what_would_break_the_list_of_jobs_is_no_zone(written: Template, zone: str) -> None:
    for parameter in _parameters(written, ZONES):
        assert not re.fullmatch(parameter["AllowedPattern"], zone)


@pytest.mark.parametrize("minutes", ["1", "2", "30", "1440"])
def test_the_schedules_as_deployed_are_understood(translated: Template, minutes: str) -> None:
    resolve = resolver(translated, {"CheckSchedulerIntervalMinutes": minutes})
    for _, each in of_type(translated, "AWS::Scheduler::Schedule"):
        expression, zone = resolve(each["ScheduleExpression"]), resolve(each["ScheduleExpressionTimezone"])
        assert expression_problems(expression) == []
        assert schedule.parse(expression, zone)
