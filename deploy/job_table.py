"""The README's table of jobs: what each does, when, under which lock, within which limits, and by which route."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.domains import DOMAINS
from deploy.marked import table
from deploy.rules.reading import resolver, walk
from deploy.translated import Template
from nightshift import Job
from nightshift.parameters import Integer, Parameter
from nightshift.schedule import parse
from nightshift.wording import schedule_in_words

HEAD: Final = ("job", "what it does", "when", "lock", "limits", "route")


def jobs(template: Template) -> str:
    """Return the table, in the order of the door's list."""
    written = template["Resources"]["ApiFunction"]["Properties"]["Environment"]["Variables"]["JOBS"]
    deployed = json.loads(resolver(template)(written))
    return table(HEAD, (_row(template, job, deployed[job.name]) for domain in DOMAINS for job in domain.JOBS))


def _row(template: Template, job: Job, deployed: Mapping[str, Any]) -> tuple[str, ...]:
    routes = [f"/api/jobs/{job.name}", *_further_routes(job)]
    return (
        f"**{job.name}**",
        job.description.rstrip("."),
        _when(template, job, deployed),
        _lock(job),
        "; ".join((span(job.at_most_s), *(_bounds(parameter) for parameter in job.given))),
        "<br>".join(f"`{route}`" for route in routes),
    )


def _further_routes(job: Job) -> Iterator[str]:
    triggers = (trigger for domain in DOMAINS for trigger in domain.TRIGGERS)
    yield from (each.path for each in triggers if each.job is job and each.path != f"/api/jobs/{job.name}")


def _when(template: Template, job: Job, deployed: Mapping[str, Any]) -> str:
    if deployed["schedule"] is None:
        return "when somebody asks"
    words = schedule_in_words(parse(deployed["schedule"], deployed["zone"]))
    at = f"{words} ({deployed['zone']})" if deployed["schedule"].startswith("cron(") else words
    needed = "" if deployed["enabled"] else ", ".join(f"`{name}`" for name in _needed(template, job))
    return f"{at}, once {needed} is set" if needed else at


def _needed(template: Template, job: Job) -> list[str]:
    """Return the parameters that a schedule which is off by default waits for."""
    conditions = template["Conditions"]
    asked, found = [f"{_logical_id(template, job)}Enabled"], []
    while asked:
        for inside in walk(conditions[asked.pop()]):
            asked += [inside["Condition"]] if isinstance(inside.get("Condition"), str) else []
            found += [inside["Ref"]] if "Ref" in inside else []
    return [name for name in found if not name.endswith("State")]


def _logical_id(template: Template, job: Job) -> str:
    name = {"Fn::Sub": "${AWS::StackName}-" + job.name}
    resources = template["Resources"].items()
    [found] = [each for each, resource in resources if resource.get("Properties", {}).get("FunctionName") == name]
    return str(found).removesuffix("Function")


def _lock(job: Job) -> str:
    if not job.exclusive:
        return "none: runs share the work"
    return f"`{job.lock or job.name}`{' *' if job.runs_unlocked else ''}"


def _bounds(parameter: Parameter) -> str:
    if not isinstance(parameter, Integer):
        return f"`{parameter.name}`"
    if parameter.maximum > 10**9:
        return f"`{parameter.name}`: an id"
    usual = "" if parameter.default is None else f" ({parameter.default})"
    return f"`{parameter.name}` {parameter.minimum} to {parameter.maximum:,}{usual}"


def span(seconds: int) -> str:
    """Write a time in its largest whole unit: `15 min`."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
