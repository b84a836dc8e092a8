"""Whether what the template asks for is there, asked of each service and not of CloudFormation, which made it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from deploy.smoke import Check, SmokeError
from deploy.translated import Template
from local.stack import Stack
from local.template import Template as Document

_TABLE: Final = "AWS::DynamoDB::Table"
_QUEUE: Final = "AWS::SQS::Queue"
_ROLE: Final = "AWS::IAM::Role"
_KEPT: Final = "MessageRetentionPeriod"


class Inventory:
    """A stack as it was deployed, beside the template and the parameters that it was made from."""

    def __init__(self, session: Any, template: Template, stack: str, parameters: dict[str, str]) -> None:
        """`session` leads to the account that the stack is in."""
        self._session = session
        self._document = Document(template, stack, parameters)
        self._wanted = Stack(self._document, "")
        resources = session.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        self._made = {each["LogicalResourceId"]: each for page in resources for each in page["StackResourceSummaries"]}

    def checks(self) -> Iterator[Check]:
        """Each check by name, as `smoke.checks`."""
        yield "resources", self._resources
        yield "functions", self._functions
        yield "schedules", self._schedules
        yield "tables, queues", self._stores
        yield "policies", self._policies

    def _resources(self) -> str:
        unfinished = [name for name, each in self._made.items() if not each["ResourceStatus"].endswith("_COMPLETE")]
        if unfinished:
            raise SmokeError(f"not complete: {', '.join(unfinished)}")
        return f"{len(self._made)}, all complete"

    def _functions(self) -> str:
        ask = self._session.client("lambda").get_function_configuration
        layers = 0
        for function in self._wanted.functions:
            found = ask(FunctionName=function.name)
            asked = self._document.resources[function.logical_id]["Properties"].get("Layers", [])
            wanted = [function.handler, function.memory_mb, int(function.timeout_s), len(asked)]
            has = [found[name] for name in ("Handler", "MemorySize", "Timeout")] + [len(found.get("Layers", []))]
            _same(function.name, wanted, has)
            layers += len(asked)
        return f"{len(self._wanted.functions)}, with {layers} layers in all"

    def _schedules(self) -> str:
        scheduler = self._session.client("scheduler")
        names = [
            each["Name"] for page in scheduler.get_paginator("list_schedules").paginate() for each in page["Schedules"]
        ]
        own = {each["PhysicalResourceId"] for each in self._made.values()}
        found = [scheduler.get_schedule(Name=name) for name in names if name in own]
        wanted = sorted(
            [each.function, each.expression, "ENABLED" if each.enabled else "DISABLED", each.input]
            for each in self._wanted.schedules
        )
        _same("the schedules", wanted, sorted(map(_told, found)))
        enabled = sum(each.enabled for each in self._wanted.schedules)
        return f"{len(found)}, {enabled} of them enabled"

    def _stores(self) -> str:
        tables, queues = self._of(_TABLE), self._of(_QUEUE)
        dynamodb, sqs = self._session.client("dynamodb"), self._session.client("sqs")
        for name in tables:
            table = self._made[name]["PhysicalResourceId"]
            key = dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]
            _same(f"the key of {table}", self._properties(name)["KeySchema"], key)
        for name in queues:
            url = self._made[name]["PhysicalResourceId"]
            kept = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[_KEPT])["Attributes"][_KEPT]
            _same(f"how long {url} keeps", str(self._properties(name)[_KEPT]), kept)
        return f"{len(tables)} and {len(queues)}"

    def _policies(self) -> str:
        iam, statements = self._session.client("iam"), 0
        for name in self._of(_ROLE):
            role = self._made[name]["PhysicalResourceId"]
            wanted = {
                each["PolicyName"]: _allowed(each["PolicyDocument"]) for each in self._properties(name)["Policies"]
            }
            has = {
                policy: _allowed(iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"])
                for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]
            }
            _same(f"what {role} may do", wanted, {policy: each for policy, each in has.items() if policy in wanted})
            statements += sum(map(len, wanted.values()))
        return f"{len(self._of(_ROLE))} roles, {statements} statements"

    def _of(self, kind: str) -> list[str]:
        resources = self._document.resources
        return [name for name, each in resources.items() if each["Type"] == kind and self._document.exists(name)]

    def _properties(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._document.resolve(self._document.resources[name]["Properties"])
        return found


def _told(schedule: dict[str, Any]) -> list[str]:
    target = schedule["Target"]
    # MiniStack forgets the time zone.
    names = [schedule[name] for name in ("ScheduleExpression", "State")]
    return [target["Arn"].rpartition(":")[2], *names, target["Input"]]


def _allowed(document: dict[str, Any]) -> list[tuple[str, list[str]]]:
    actions = [(each["Sid"], each["Action"]) for each in document["Statement"]]
    return sorted((sid, [action] if isinstance(action, str) else sorted(action)) for sid, action in actions)


def _same(what: str, wanted: Any, has: Any) -> None:
    if wanted != has:
        raise SmokeError(f"{what}: the template says {wanted}, there is {has}")


def started(session: Any, stack: str, events: dict[str, bytes]) -> Iterator[Check]:
    """Invoke functions that no route starts, each with an event that it must take."""
    for name, event in events.items():
        yield name, partial(_takes, session, f"{stack}-{name}", event)


def _takes(session: Any, function: str, event: bytes) -> str:
    answer = session.client("lambda").invoke(FunctionName=function, Payload=event)
    said = answer["Payload"].read().decode(errors="replace")
    if answer.get("FunctionError"):
        raise SmokeError(f"{function} failed: {said[:300]}")
    return "takes its event"
