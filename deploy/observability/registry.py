"""The functions and jobs of template.yaml, as far as somebody who watches them must know them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from deploy.rules.reading import of_type, resolver
from deploy.translated import Template
from nightshift.schedule import parse

# What runs while the stack is deployed fails the deployment itself.
_OF_DEPLOYMENTS = ("DeploymentFunction",)
_PREFIX = "${AWS::StackName}-"


@dataclass(frozen=True)
class Watched:
    """One function; `job` says whether it is a job's.

    Attributes:
        id: its logical id without `Function`, with which those of its alarms and its log group begin.
        name: its name without the stack's; also the job's. domain: the folder of its code.
        zone: the parameter of its schedule's zone. period: between two runs by the default schedule, None where only
            callers start it or it has no fixed one. is_on: whether the schedule is on by default.
    """

    id: str
    name: str
    timeout_s: int
    job: bool
    domain: str
    zone: str | None = None
    period: timedelta | None = None
    is_on: bool = False


def functions(template: Template) -> list[Watched]:
    """Return every function that works for the deployed system, in the order of the template."""
    return [
        _watched(logical_id, properties, _jobs(template), resolver(template))
        for logical_id, properties in of_type(template, "AWS::Serverless::Function")
        if logical_id not in _OF_DEPLOYMENTS
    ]


def _jobs(template: Template) -> str:
    """Return the text that lists the jobs; their names stand in it quoted."""
    written = template["Resources"]["ApiFunction"]["Properties"]["Environment"]["Variables"]["JOBS"]
    return str(written["Fn::Sub"][0])


def _watched(logical_id: str, properties: dict[str, Any], jobs: str, resolve: Callable[[Any], Any]) -> Watched:
    name = str(properties["FunctionName"]["Fn::Sub"]).removeprefix(_PREFIX)
    event = properties.get("Events", {}).get("Schedule", {}).get("Properties", {})
    return Watched(
        id=logical_id.removesuffix("Function"),
        name=name,
        timeout_s=int(properties["Timeout"]),
        job=f'"{name}":' in jobs,
        domain=str(properties["Handler"]).partition(".")[0],
        zone=_parameter(event.get("ScheduleExpressionTimezone")),
        period=_period(resolve(event["ScheduleExpression"])) if event else None,
        is_on=bool(event) and resolve(event.get("State", "ENABLED")) == "ENABLED",
    )


def _parameter(value: Any) -> str | None:
    return str(value["Ref"]) if isinstance(value, dict) and "Ref" in value else None


def _period(expression: str) -> timedelta | None:
    """Return the time between two runs where it is always the same."""
    schedule = parse(expression)
    fires, moment = [], datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(4):
        following = schedule.next_after(moment)
        if following is None:
            return None
        fires.append(following)
        moment = following
    gaps = {later - earlier for earlier, later in pairwise(fires)}
    return gaps.pop() if len(gaps) == 1 else None
