"""docs/permissions.md is what the template grants, and nothing is granted that the function's code does not call."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from deploy.permission_table import FILE, grants, page, written
from deploy.rules.reading import of_type, resolver, target, walk
from deploy.translated import Template
from tests.contract.source import reachable, shipped, texts

SOURCES = shipped()
# Which modules speak to which table, and how they write the operation that an action stands for. A module that a
# handler cannot reach grants it nothing.
SPEAKING = {"LocksTable": {"nightshift.lock"}, "CacheTable": {"warmup.caching.cache", "warmup.explaining.budget"}}
OPERATIONS = {
    "dynamodb:BatchGetItem": "batch_get_item",
    "dynamodb:GetItem": "get_item",
    "dynamodb:PutItem": "put_item",
    "dynamodb:UpdateItem": "update_item",
    "dynamodb:DeleteItem": "delete_item",
    "dynamodb:Query": "query",
    "dynamodb:Scan": "scan",
}
TABLES = {"LOCK_TABLE": "LocksTable", "CACHE_TABLE": "CacheTable"}
SENDING = {"ses:SendEmail", "ses:SendRawEmail"}


def test_the_page_is_up_to_date(translated: Template) -> None:
    assert FILE.read_text("utf-8") == page(translated), "run `make permissions`"


def unneeded(template: Template) -> list[str]:
    """Each action on a resource that a role of a function has, and that nothing in its code or set-up asks for."""
    found = []
    for name, function in of_type(template, "AWS::Lambda::Function"):
        needed = set(_needed(template, name, function))
        for grant in grants(template, target(function["Role"])):
            given = {(action, resource) for action in grant.actions for resource in grant.resources}
            found += [f"{name}: {action} on {resource}" for action, resource in sorted(given - needed)]
    return found


def _needed(template: Template, name: str, function: dict[str, Any]) -> Iterator[tuple[str, str]]:
    modules = reachable(function["Handler"].rpartition(".")[0], SOURCES)
    environment = function.get("Environment", {}).get("Variables", {})
    logs = f"${{{target(function['LoggingConfig']['LogGroup'])}.Arn}}"
    yield from (("logs:CreateLogStream", logs), ("logs:PutLogEvents", logs))
    yield from (("sqs:SendMessage", queue) for queue in _failures_go_to(template, name))
    yield from (("secretsmanager:GetSecretValue", secret) for secret in _secrets(environment))
    yield from _of_tables(environment, modules)
    yield from _of_functions(template, function, modules)
    yield from _of_others(modules)


def _failures_go_to(template: Template, name: str) -> Iterator[str]:
    for _, config in of_type(template, "AWS::Lambda::EventInvokeConfig"):
        if target(config["FunctionName"]) == name:
            yield written(config["DestinationConfig"]["OnFailure"]["Destination"])


def _secrets(environment: Mapping[str, Any]) -> Iterator[str]:
    """What references in the environment name, those included that a condition adds."""
    for variable, value in environment.items():
        if variable.endswith("_REF"):
            for each in walk(value):
                text = str(each.get("Fn::Sub", ""))
                if text.startswith("secretsmanager:"):
                    yield text.removeprefix("secretsmanager:")


def _of_tables(environment: Mapping[str, Any], modules: set[str]) -> Iterator[tuple[str, str]]:
    for variable, table in TABLES.items():
        if variable not in environment:
            continue
        called = {text for module in SPEAKING[table] & modules for text in _called(SOURCES[module])}
        yield from ((action, f"${{{table}.Arn}}") for action, word in OPERATIONS.items() if word in called)


def _called(source: str) -> frozenset[str]:
    """Names of operations: written as text for a helper that calls them, or as methods."""
    return frozenset(texts(source)) | {word for word in OPERATIONS.values() if f".{word}(" in source}


def _of_functions(template: Template, function: dict[str, Any], modules: set[str]) -> Iterator[tuple[str, str]]:
    arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
    invoke = "lambda:InvokeFunction"
    if "JOBS" in function.get("Environment", {}).get("Variables", {}):
        jobs = json.loads(resolver(template)(function["Environment"]["Variables"]["JOBS"]))
        stack = resolver(template)({"Ref": "AWS::StackName"})
        yield from ((invoke, f"{arn}{job['function'].replace(stack, '${AWS::StackName}', 1)}") for job in jobs.values())
    elif "nightshift.handover" in modules:
        yield invoke, f"{arn}{written(function.get('FunctionName', ''))}"
    if "puppet.executing.functions" in modules:
        yield invoke, "${PuppetWorkerFunctions}"
    if "housekeeping.deployment" in modules:
        yield invoke, "${MigrateFunction.Arn}:*"


def _of_others(modules: set[str]) -> Iterator[tuple[str, str]]:
    place = "${AWS::Partition}:%s:${AWS::Region}:"
    if "nightshift.delivery.post" in modules:
        ses = "arn:" + place % "ses" + "${AWS::AccountId}:"
        yield from ((action, ses + "identity/${MailIdentity}") for action in SENDING)
        yield from ((action, ses + "configuration-set/${AWS::StackName}") for action in SENDING)
    if "warmup.explaining.bedrock" in modules:
        yield "bedrock:InvokeModel", "arn:" + place % "bedrock" + ":foundation-model/${ExplainerModel}"


def test_no_function_may_do_what_it_never_does(translated: Template) -> None:
    assert unneeded(translated) == []


@pytest.mark.parametrize(
    ("role", "action", "resource"),
    [
        ("ProductChecksRole", "dynamodb:DeleteItem", {"Fn::GetAtt": ["LocksTable", "Arn"]}),
        ("ProductChecksRole", "dynamodb:GetItem", {"Fn::GetAtt": ["CacheTable", "Arn"]}),
        ("ProductChecksRole", "secretsmanager:GetSecretValue", {"Ref": "JobSecret"}),
        ("MailFeedbackRole", "ses:SendEmail", {"Fn::Sub": "arn:${AWS::Partition}:ses:*"}),
        ("RetentionRole", "lambda:InvokeFunction", {"Fn::GetAtt": ["ApiFunction", "Arn"]}),
        ("ApiRole", "dynamodb:DeleteItem", {"Fn::GetAtt": ["LocksTable", "Arn"]}),
    ],
)
def test_a_permission_too_many_would_be_noticed(
    translated: Template, role: str, action: str, resource: dict[str, Any]
) -> None:
    template = copy.deepcopy(translated)
    [policy, *_] = template["Resources"][role]["Properties"]["Policies"]
    policy["PolicyDocument"]["Statement"].append({"Effect": "Allow", "Action": action, "Resource": resource})

    assert len(set(unneeded(template)) - set(unneeded(translated))) == 1
    assert page(template) != page(translated)
