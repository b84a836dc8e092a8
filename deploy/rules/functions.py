"""Functions that AWS would run otherwise than intended: too long, unlogged, with lost failures or with old tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from deploy.rules.reading import of_type, target
from deploy.translated import Template

RUNTIME = "python3.13"
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
TIMEOUT_S = range(1, 901)
HTTP_TIMEOUT_S = 30
MEMORY_MB = range(128, 10241)
EVENT_AGE_S = range(60, 21601)
# Lambda retries an event after one minute and again two minutes later; one that is older by then is dropped instead.
AGE_NEEDED_S = {0: 60, 1: 60 + 1, 2: 60 + 120 + 1}
# A number of TOKENS is none.
SECRET = re.compile(r"SECRET|PASSWORD|TOKEN(?!S)|API_KEY|DATABASE_URL")
REFERENCE = re.compile(r"(secretsmanager|ssm):\$\{\w+}")


def problems(template: Template) -> list[str]:
    """What is wrong with each `AWS::Lambda::Function`."""
    found = []
    behind_http = {target(each.get("FunctionName")) for each in _permissions_of_http(template)}
    for name, function in of_type(template, "AWS::Lambda::Function"):
        each = [
            *_limits(function, behind_http=name in behind_http),
            *_logs(function, template),
            *_environment(function),
        ]
        if "DATABASE_SECRET_REF" in _variables(function) and not _waits_for_migrations(template, name):
            each.append("uses the database: it must depend on Migrations, so that the tables come before the code")
        found += [f"{name} {problem}" for problem in each]
    return [*found, *_shared_roles(template), *_failures(template)]


def _permissions_of_http(template: Template) -> Iterator[dict[str, Any]]:
    for _, permission in of_type(template, "AWS::Lambda::Permission"):
        if permission.get("Principal") == "apigateway.amazonaws.com":
            yield permission


def _limits(function: dict[str, Any], *, behind_http: bool) -> list[str]:
    found = []
    timeout_s = function.get("Timeout", 0)
    if timeout_s not in TIMEOUT_S:
        found.append(f"has a timeout of {timeout_s} s: Lambda allows 1 to 900")
    if behind_http and timeout_s >= HTTP_TIMEOUT_S:
        found.append(f"answers HTTP with a timeout of {timeout_s} s: the API gives up after {HTTP_TIMEOUT_S}")
    if function.get("MemorySize", 0) not in MEMORY_MB:
        found.append("must have a MemorySize of 128 to 10240")
    if function.get("Runtime") != RUNTIME:
        found.append(f"must run on {RUNTIME}, for which the layers are built")
    if function.get("Architectures") != [{"Ref": "Architecture"}]:
        found.append("must run on the processor that the parameter Architecture names")
    return found


def _logs(function: dict[str, Any], template: Template) -> list[str]:
    group = target(function.get("LoggingConfig", {}).get("LogGroup"))
    resource = template["Resources"].get(group, {})
    if resource.get("Type") != "AWS::Logs::LogGroup":
        return ["has no log group of its own in LoggingConfig"]
    return [] if "RetentionInDays" in resource["Properties"] else [f"logs to {group}, which keeps logs for ever"]


def _environment(function: dict[str, Any]) -> list[str]:
    found = []
    for name, value in _variables(function).items():
        if SECRET.search(name) and not (name.endswith("_REF") and _is_reference(value)):
            found.append(f"has {name} in its environment: only a reference (NAME_REF: secretsmanager:...) may be there")
        if "{{resolve:" in str(value):
            found.append(f"has {name} resolved at deployment: its value could be read in the console")
    return found


def _is_reference(value: Any) -> bool:
    """Whether a value names a secret, where it has one at all."""
    if isinstance(value, dict) and "Fn::If" in value:
        return all(branch == "" or _is_reference(branch) for branch in value["Fn::If"][1:])
    written = value.get("Fn::Sub", "") if isinstance(value, dict) else value
    return REFERENCE.fullmatch(str(written)) is not None


def _variables(function: dict[str, Any]) -> dict[str, Any]:
    variables: dict[str, Any] = function.get("Environment", {}).get("Variables", {})
    return variables


def _waits_for_migrations(template: Template, name: str) -> bool:
    if name == "MigrateFunction":
        return True
    waits = template["Resources"][name].get("DependsOn", [])
    return "Migrations" in ([waits] if isinstance(waits, str) else waits)


def _shared_roles(template: Template) -> list[str]:
    roles: dict[str, str] = {}
    found = []
    for name, function in of_type(template, "AWS::Lambda::Function"):
        role = target(function.get("Role"))
        if template["Resources"].get(role, {}).get("Type") != "AWS::IAM::Role":
            found.append(f"{name} must have a role that is written out in the template")
        elif role in roles:
            found.append(f"{name} shares its role with {roles[role]}: each function has its own")
        roles[role] = name
    return found


def _failures(template: Template) -> list[str]:
    """What is wrong with the way in which failed events of the scheduled functions are kept."""
    configs = {target(each["FunctionName"]): each for _, each in of_type(template, "AWS::Lambda::EventInvokeConfig")}
    found = []
    for _, schedule in of_type(template, "AWS::Scheduler::Schedule"):
        name = target(schedule["Target"]["Arn"])
        config = configs.get(name)
        if config is None:
            found.append(f"{name} has no EventInvokeConfig: a run that fails for good would leave no trace")
            continue
        found += [f"{name} {problem}" for problem in _retries(config)]
    return found


def _retries(config: dict[str, Any]) -> list[str]:
    attempts, age_s = config.get("MaximumRetryAttempts", -1), config.get("MaximumEventAgeInSeconds", 0)
    if attempts not in AGE_NEEDED_S or age_s not in EVENT_AGE_S:
        return ["must say MaximumRetryAttempts (0 to 2) and MaximumEventAgeInSeconds (60 to 21600)"]
    found = []
    if age_s < AGE_NEEDED_S[attempts]:
        found.append(f"drops events after {age_s} s, before its {attempts} retries: {AGE_NEEDED_S[attempts]} is needed")
    if "OnFailure" not in config.get("DestinationConfig", {}):
        found.append("has no destination for failed events")
    return found
