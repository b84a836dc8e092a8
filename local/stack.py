"""What the template describes, in the words of the local system: functions, routes, schedules, stores."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from local.aws import ACCOUNT, REGION
from local.template import Template, TemplateError, merged

_FUNCTION: Final = "AWS::Serverless::Function"
TABLE: Final = "AWS::DynamoDB::Table"
QUEUE: Final = "AWS::SQS::Queue"
SECRET: Final = "AWS::SecretsManager::Secret"  # noqa: S105 - a type, not a secret
PARAMETER: Final = "AWS::SSM::Parameter"
# Which property names a resource; without it the name is made from the stack's and the logical id.
_NAMED_BY: Final = {
    _FUNCTION: "FunctionName",
    TABLE: "TableName",
    QUEUE: "QueueName",
    SECRET: "Name",
    PARAMETER: "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
}
_ARN: Final = {
    _FUNCTION: f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:",
    TABLE: f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/",
    QUEUE: f"arn:aws:sqs:{REGION}:{ACCOUNT}:",
}


@dataclass(frozen=True)
class AsyncPolicy:
    """What becomes of an asynchronous invocation that fails (the defaults are Lambda's)."""

    retries: int = 2
    max_age_s: float = 6 * 3600
    on_failure_queue: str | None = None


@dataclass(frozen=True)
class Function:
    """One Lambda function."""

    logical_id: str
    name: str
    handler: str
    timeout_s: float
    memory_mb: int
    environment: dict[str, str] = field(repr=False)
    asynchronous: AsyncPolicy

    @property
    def arn(self) -> str:
        """As the context of its invocations shows it."""
        return _ARN[_FUNCTION] + self.name


@dataclass(frozen=True)
class Route:
    """One route of the HTTP API: `method` may be ANY, `path` may hold `{name}` and `{name+}`, or be $default."""

    method: str
    path: str
    function: str

    @property
    def key(self) -> str:
        """As the API's events name it."""
        return self.path if self.path == "$default" else f"{self.method} {self.path}"


@dataclass(frozen=True)
class ScheduledEvent:
    """One schedule and what it sends to which function."""

    name: str
    function: str
    expression: str
    zone: str
    enabled: bool
    input: str


@dataclass(frozen=True)
class Resource:
    """A store that the local AWS services hold."""

    type: str
    logical_id: str
    name: str
    properties: dict[str, Any]


class Stack:
    """The template's resources, named and resolved for one place: where the AWS services answer."""

    def __init__(self, template: Template, endpoint: str) -> None:
        """`endpoint` is part of the addresses of queues."""
        self._template = template
        self._endpoint = endpoint
        template.lookup = self._look_up

    @property
    def functions(self) -> list[Function]:
        """Every function, in the order of the template."""
        return [self._function(logical_id) for logical_id in self._of_type(_FUNCTION)]

    @property
    def routes(self) -> list[Route]:
        """Every route of the HTTP API."""
        return [
            Route(properties["Method"].upper(), properties["Path"], function)
            if "Path" in properties
            else Route("ANY", "$default", function)
            for function, _, kind, properties in self._events()
            if kind == "HttpApi"
        ]

    @property
    def schedules(self) -> list[ScheduledEvent]:
        """Every schedule, the disabled ones included."""
        return [
            ScheduledEvent(
                name=f"{function}:{name}",
                function=function,
                expression=properties["ScheduleExpression"],
                zone=properties.get("ScheduleExpressionTimezone", "UTC"),
                enabled=properties.get("State", "ENABLED") == "ENABLED",
                input=properties.get("Input", "{}"),
            )
            for function, name, kind, properties in self._events()
            if kind == "ScheduleV2"
        ]

    def stores(self, type_: str) -> list[Resource]:
        """Every table, queue, secret or parameter."""
        return [
            Resource(type_, logical_id, self._name(logical_id), self._properties(logical_id))
            for logical_id in self._of_type(type_)
        ]

    def _of_type(self, type_: str) -> list[str]:
        resources = self._template.resources
        return [name for name, body in resources.items() if body["Type"] == type_ and self._template.exists(name)]

    def _properties(self, logical_id: str) -> dict[str, Any]:
        resolved: dict[str, Any] = self._template.resolve(self._template.resources[logical_id].get("Properties", {}))
        return resolved

    def _function_properties(self, logical_id: str) -> dict[str, Any]:
        general = self._template.resolve(self._template.globals.get("Function", {}))
        properties: dict[str, Any] = merged(general, self._properties(logical_id))
        return properties

    def _function(self, logical_id: str) -> Function:
        properties = self._function_properties(logical_id)
        variables = properties.get("Environment", {}).get("Variables", {})
        return Function(
            logical_id=logical_id,
            name=self._name(logical_id),
            handler=properties["Handler"],
            timeout_s=float(properties.get("Timeout", 3)),
            memory_mb=int(properties.get("MemorySize", 128)),
            environment={name: str(value) for name, value in variables.items()},
            asynchronous=_async_policy(properties.get("EventInvokeConfig", {})),
        )

    def _events(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        """(function name, event name, type, properties) of every event of every function."""
        found = []
        for logical_id in self._of_type(_FUNCTION):
            for name, event in self._function_properties(logical_id).get("Events", {}).items():
                if event["Type"] not in ("HttpApi", "ScheduleV2"):
                    raise TemplateError(
                        f"{logical_id}.Events.{name} is a {event['Type']}: the local system knows "
                        "HttpApi and ScheduleV2 only."
                    )
                found.append((self._name(logical_id), name, event["Type"], event.get("Properties", {})))
        return found

    def _name(self, logical_id: str) -> str:
        resource = self._template.resources[logical_id]
        given = resource.get("Properties", {}).get(_NAMED_BY.get(resource["Type"], ""))
        return str(self._template.resolve(given)) if given else f"{self._template.stack_name}-{logical_id}"

    def _look_up(self, logical_id: str, attribute: str | None) -> Any:
        """What !Ref (no attribute) or !GetAtt of a resource comes to."""
        resource = self._template.resources.get(logical_id)
        if resource is None:
            raise TemplateError(f"There is no parameter or resource {logical_id}.")
        name, type_ = self._name(logical_id), resource["Type"]
        if attribute in ("Arn", "Version", "Alias"):
            return _ARN.get(type_, f"arn:aws:local:{REGION}:{ACCOUNT}:") + name
        if type_ == QUEUE and attribute in (None, "QueueUrl"):
            return f"{self._endpoint}/{ACCOUNT}/{name}"
        return name


def _async_policy(config: dict[str, Any]) -> AsyncPolicy:
    destination = config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    queue = re.fullmatch(re.escape(_ARN[QUEUE]) + r"(\S+)", destination or "")
    return AsyncPolicy(
        retries=int(config.get("MaximumRetryAttempts", AsyncPolicy.retries)),
        max_age_s=float(config.get("MaximumEventAgeInSeconds", AsyncPolicy.max_age_s)),
        on_failure_queue=queue.group(1) if queue else None,
    )
