"""The tables of docs/configuration.md: the template's parameters with who reads them, and what the stack itself sets.

Parameters say what they mean and what they may be; that the code's own defaults and bounds agree is held by a test.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from api.domains import DOMAINS
from deploy.declared_settings import Setting, declared
from deploy.marked import table
from deploy.rules.reading import of_type, walk
from deploy.translated import Template

HEAD: Final = ("parameter", "meaning", "default", "range", "variable, and who reads it")
# What most deployments look at first.
ESSENTIAL: Final = (
    "DatabaseSecretArn", "DatabaseCaFile", "VpcSubnetIds", "VpcSecurityGroupIds", "CheckSchedulerIntervalMinutes",
    "MaxProductsPerRun", "MailFrom", "WishlistTimezone", "PuppetExecutors", "Explainer", "AlarmEmail",
    "SlackWebhookSecretArn",
)  # fmt: skip
# The names of parameters end in their unit.
_UNITS: Final = {
    "Minutes": "min",
    "Seconds": "s",
    "Days": "days",
    "Percent": "%",
    "Usd": "USD",
    "PerSecond": "a second",
}
_NAMED: Final = re.compile(r"\$\{(\w+)\}")
_JOBS: Final = tuple(job.name for domain in DOMAINS for job in domain.JOBS)
_PREFIX: Final = "${AWS::StackName}-"
# What all parameters on schedules come to; the code reads no single one of them from it.
_CATALOGUE: Final = "JOBS"

Readers = dict[str, list[str]]


def parameters(template: Template) -> str:
    """Return a heading and a table for each group of parameters."""
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    by_group = ((group["Label"]["default"], group["Parameters"]) for group in groups)
    return "\n".join(f"### {label}\n\n{table(HEAD, _rows(template, names))}" for label, names in by_group)


def essential(template: Template) -> str:
    """Return the table of the parameters that most deployments look at first, without who reads them."""
    return table(HEAD[:4], (row[:4] for row in _rows(template, ESSENTIAL)))


def variables(template: Template) -> str:
    """Return the table of the variables that no parameter sets."""
    given = {name for names in variables_of(template).values() for name in names}
    readers = _readers(template)
    told: dict[str, Setting] = {}
    for each in declared():
        if each.variable not in given and not (told.get(each.variable) and not each.tells):
            told[each.variable] = each
    rows = ((f"`{name}`", each.tells, _shown(each), _who(readers.get(name, []))) for name, each in sorted(told.items()))
    return table(("variable", "meaning", "default", "who reads it"), rows)


def variables_of(template: Template) -> dict[str, list[str]]:
    """Return by parameter the variables that have its value, perhaps in another form, and no other parameter's."""
    found: dict[str, set[str]] = defaultdict(set)
    functions = (properties for _, properties in of_type(template, "AWS::Serverless::Function"))
    for function in (*functions, template["Globals"]["Function"]):
        for variable, value in function.get("Environment", {}).get("Variables", {}).items():
            named = _parameters_in(value) & template["Parameters"].keys()
            if len(named) == 1 and variable != _CATALOGUE:
                found[named.pop()].add(variable)
    return {parameter: sorted(names) for parameter, names in found.items()}


def _parameters_in(value: Any) -> set[str]:
    """Return what a value refers to; conditions decide, they give no value."""
    if isinstance(value, str):
        return set()
    referred = {str(inside["Ref"]) for inside in walk(value) if "Ref" in inside}
    subs = (inside["Fn::Sub"] for inside in walk(value) if isinstance(inside.get("Fn::Sub"), str))
    return referred | {name for text in subs for name in _NAMED.findall(text)}


def _rows(template: Template, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    variable_names, readers = variables_of(template), _readers(template)
    for name in names:
        parameter = template["Parameters"][name]
        read = [f"`{each}`: {_who(readers[each])}" for each in variable_names.get(name, [])]
        default = _default(name, parameter)
        yield (
            f"`{name}`", parameter["Description"], default, _range(parameter), "<br>".join(read) or "the stack",
        )  # fmt: skip


def _default(name: str, parameter: Mapping[str, Any]) -> str:
    if "Default" not in parameter:
        return "must be given"
    default = str(parameter["Default"])
    return f"{default} {_unit(name)}".strip() if default else "empty"


def _range(parameter: Mapping[str, Any]) -> str:
    if "AllowedValues" in parameter:
        return ", ".join(str(value) for value in parameter["AllowedValues"])
    if "MinValue" in parameter:
        most = parameter.get("MaxValue")
        return f"{parameter['MinValue']} to {most:,}" if most else f"at least {parameter['MinValue']}"
    return str(parameter.get("ConstraintDescription", "")).removeprefix("must be ")


def _unit(name: str) -> str:
    return next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")


def _shown(setting: Setting) -> str:
    if setting.is_required:
        return "must be set"
    return str(setting.default).lower() if setting.kind is bool else str(setting.default) or "empty"


def _readers(template: Template) -> Readers:
    """Return by variable the functions that have it."""
    found: Readers = defaultdict(list)
    for _, function in of_type(template, "AWS::Serverless::Function"):
        name = str(function["FunctionName"]["Fn::Sub"]).removeprefix(_PREFIX)
        for variable in function.get("Environment", {}).get("Variables", {}):
            found[variable].append(name)
    for variable in template["Globals"]["Function"]["Environment"]["Variables"]:
        found[variable].append("every function")
    return found


def _who(names: Sequence[str]) -> str:
    """Write who reads a variable; all the jobs are not listed one by one."""
    if set(_JOBS) <= set(names):
        names = ("every job", *(name for name in names if name not in _JOBS))
    return ", ".join(names) or "nobody on AWS"
