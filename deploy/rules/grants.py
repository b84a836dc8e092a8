"""What a role must be allowed, or a run, a log line or a failure would be lost without a word at deployment."""

from __future__ import annotations

import json
import re
from typing import Any

from deploy.rules.reading import as_list, of_type, resolver, statements, target
from deploy.translated import Template

SECRETS = "secretsmanager:"


def problems(template: Template) -> list[str]:
    """Each permission that something in the template relies on and that its role does not have."""
    needed = [
        *_by_functions(template),
        *_by_failures(template),
        *_by_schedules(template),
        *(("ApiRole", "lambda:InvokeFunction", job, "it starts that job") for job in _jobs(template)),
    ]
    return [
        f"{role} must allow {action} on {resource}: {reason}"
        for role, action, resource, reason in needed
        if resource not in _allowed(template, role, action)
    ]


Need = tuple[str, str, str, str]


def _by_functions(template: Template) -> list[Need]:
    found = []
    for name, function in of_type(template, "AWS::Lambda::Function"):
        role, logs = target(function.get("Role")), target(function.get("LoggingConfig", {}).get("LogGroup"))
        found += [
            (role, action, logs, f"{name} logs there") for action in ("logs:CreateLogStream", "logs:PutLogEvents")
        ]
        for value in function.get("Environment", {}).get("Variables", {}).values():
            written = str(value.get("Fn::Sub", "")) if isinstance(value, dict) else ""
            if written.startswith(SECRETS):
                secret = target({"Fn::Sub": written.removeprefix(SECRETS)})
                found.append((role, "secretsmanager:GetSecretValue", secret, f"{name} reads it"))
    return found


def _by_failures(template: Template) -> list[Need]:
    functions = dict(of_type(template, "AWS::Lambda::Function"))
    return [
        (target(functions[name].get("Role")), "sqs:SendMessage", queue, f"failed events of {name} go there")
        for _, config in of_type(template, "AWS::Lambda::EventInvokeConfig")
        if (queue := target(config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")))
        and (name := target(config["FunctionName"])) in functions
    ]


def _by_schedules(template: Template) -> list[Need]:
    found = []
    for name, schedule in of_type(template, "AWS::Scheduler::Schedule"):
        aim = schedule["Target"]
        role, queue = target(aim.get("RoleArn")), target(aim.get("DeadLetterConfig", {}).get("Arn"))
        found.append((role, "lambda:InvokeFunction", target(aim["Arn"]), f"{name} starts it"))
        found.append((role, "sqs:SendMessage", queue, f"{name} puts there what it cannot deliver"))
    return found


def _jobs(template: Template) -> list[str]:
    """The functions that JOBS names, by logical id."""
    resolve = resolver(template)
    api = template["Resources"]["ApiFunction"]["Properties"]
    try:
        jobs = json.loads(resolve(api["Environment"]["Variables"]["JOBS"]))
        named = {job["function"] for job in jobs.values()}
    except (KeyError, ValueError):
        return []  # deploy.rules.jobs says so
    return [name for name, _ in of_type(template, "AWS::Lambda::Function") if resolve({"Ref": name}) in named]


def _allowed(template: Template, role: str, action: str) -> set[str]:
    """The logical ids on which a role may do something."""
    properties = template["Resources"].get(role, {}).get("Properties", {})
    policies = properties.get("Policies", [])
    names = _function_names(template)
    return {
        target(resource) or names.get(_last_part(resource), "")
        for policy in policies
        for statement in statements(policy["PolicyDocument"])
        if statement["Effect"] == "Allow" and action in as_list(statement.get("Action", []))
        for resource in as_list(statement.get("Resource", []))
    }


def _function_names(template: Template) -> dict[str, str]:
    """The logical ids of the functions, by the names that they are given."""
    functions = of_type(template, "AWS::Lambda::Function")
    return {_last_part(function.get("FunctionName", "")): name for name, function in functions}


def _last_part(arn: Any) -> str:
    """The name at the end of an ARN that is pieced together, or the whole of a name."""
    written = arn.get("Fn::Sub", "") if isinstance(arn, dict) else arn
    return re.sub(r"^.*:function:", "", str(written))
