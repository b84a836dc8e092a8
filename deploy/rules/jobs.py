"""JOBS, the list by which the door knows the jobs, must say what the schedules say, whatever the parameters are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from deploy.rules.reading import of_type, resolver, target
from deploy.translated import Template

FIELDS = {"function", "schedule", "zone", "enabled"}
# Besides the defaults: every schedule given otherwise and switched off, and an interval with a singular.
TRIED = {"Schedule": "cron(0 12 ? * MON-FRI *)", "Zone": "Asia/Tokyo", "Timezone": "Asia/Tokyo", "State": "DISABLED"}
EVERY_MINUTE = {"CheckSchedulerIntervalMinutes": "1"}
# Without an address to send from, the jobs that send mail are off.
WITH_MAIL = {"MailFrom": "news@shop.example"}


def problems(template: Template) -> list[str]:
    """Where JOBS and the schedules part ways."""
    others = {name: value for name in template["Parameters"] for end, value in TRIED.items() if name.endswith(end)}
    tried: list[dict[str, str]] = [{}, others, EVERY_MINUTE, WITH_MAIL, {**others, **WITH_MAIL}]
    resolvers = [resolver(template, given) for given in tried]
    found = [problem for resolve in resolvers for problem in _compare(template, resolve)]
    return [*dict.fromkeys(found), *_unlike(template)]


def _unlike(template: Template) -> list[str]:
    """Whoever else knows the jobs must know the same."""
    jobs = _written(template)
    return [
        f"{name} has other JOBS than ApiFunction"
        for name, function in of_type(template, "AWS::Lambda::Function")
        if function.get("Environment", {}).get("Variables", {}).get("JOBS", jobs) != jobs
    ]


def _compare(template: Template, resolve: Callable[[Any], Any]) -> list[str]:
    text = resolve(_written(template))
    try:
        jobs = json.loads(text)
    except ValueError:
        return [f"ApiFunction has a JOBS that is not JSON: {text}"]
    found = [f"JOBS: {name} must have exactly {sorted(FIELDS)}" for name in jobs if set(jobs[name]) != FIELDS]
    if found:
        return found
    by_function = {job["function"]: (job["schedule"], job["zone"], job["enabled"]) for job in jobs.values()}
    scheduled = dict(_scheduled(template, resolve))
    for function, wanted in scheduled.items():
        if by_function.get(function) != wanted:
            found.append(f"JOBS says {by_function.get(function)} of {function}, its schedule says {wanted}")
    functions = {resolve({"Ref": name}) for name, _ in of_type(template, "AWS::Lambda::Function")}
    found += [f"JOBS names the function {name}, which does not exist" for name in set(by_function) - functions]
    return found


def _written(template: Template) -> Any:
    api = template["Resources"].get("ApiFunction", {}).get("Properties", {})
    return api.get("Environment", {}).get("Variables", {}).get("JOBS", "")


def _scheduled(template: Template, resolve: Callable[[Any], Any]) -> Iterator[tuple[str, tuple[str, str, bool]]]:
    for _, schedule in of_type(template, "AWS::Scheduler::Schedule"):
        yield (
            resolve({"Ref": target(schedule["Target"]["Arn"])}),
            (
                resolve(schedule["ScheduleExpression"]),
                resolve(schedule.get("ScheduleExpressionTimezone", "UTC")),
                resolve(schedule.get("State", "ENABLED")) == "ENABLED",
            ),
        )
