"""Finds resources in a template and works out what its intrinsic functions come to, as far as rules need it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.translated import Template


def of_type(template: Template, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Logical id and properties of every resource of one type."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield name, resource.get("Properties", {})


def target(value: Any) -> str:
    """The logical id that a `Ref`, a `Fn::GetAtt` or a `Fn::Sub` of one name points at; empty for anything else."""
    if not isinstance(value, dict):
        return ""
    if "Fn::GetAtt" in value:
        named = value["Fn::GetAtt"]
        return str(named[0] if isinstance(named, list) else named.split(".")[0])
    sub = re.fullmatch(r"\$\{(\w+)(?:\.\w+)?}", str(value.get("Fn::Sub", "")))
    return sub.group(1) if sub else str(value.get("Ref", ""))


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping inside a value, the value itself included."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)


class Resolver:
    """Parameters and conditions of one template, with the defaults or the values given."""

    def __init__(self, template: Template, given: Mapping[str, str] | None = None) -> None:
        """Takes `given` instead of the defaults where it has a value."""
        self._template = template
        declared = template.get("Parameters", {})
        self._values = {name: str(parameter.get("Default", name)) for name, parameter in declared.items()}
        self._values.update(given or {})
        self._values.update({"AWS::StackName": "stack", "AWS::Region": "eu-west-1", "AWS::Partition": "aws"})

    def text(self, value: Any) -> str:
        """What a value comes to; a resource comes to its name where it has one, else to its logical id."""
        if not isinstance(value, dict):
            return str(value)
        (function, argument), *_ = value.items()
        if function == "Ref":
            return self._name(argument)
        if function == "Fn::Sub":
            return self._substituted(argument)
        if function == "Fn::If":
            return self.text(argument[1] if self.holds(argument[0]) else argument[2])
        if function == "Fn::Join":
            return str(argument[0]).join([self.text(each) for each in self._items(argument[1])])
        return target(value)

    def holds(self, condition: str) -> bool:
        """Whether a named condition is true."""
        return self._true(self._template["Conditions"][condition])

    def _true(self, rule: Mapping[str, Any]) -> bool:
        (function, argument), *_ = rule.items()
        if function == "Condition":
            return self.holds(argument)
        if function == "Fn::Equals":
            return self.text(argument[0]) == self.text(argument[1])
        parts = [self._true(each) for each in argument]
        return {"Fn::Not": not all(parts), "Fn::And": all(parts), "Fn::Or": any(parts)}[function]

    def _items(self, value: Any) -> list[Any]:
        return value if isinstance(value, list) else self.text(value).split(",")

    def _name(self, name: str) -> str:
        if name in self._values:
            return self._values[name]
        properties = self._template["Resources"].get(name, {}).get("Properties", {})
        return self.text(properties.get("FunctionName", name))

    def _substituted(self, argument: Any) -> str:
        pattern, own = argument if isinstance(argument, list) else (argument, {})

        def replacement(match: re.Match[str]) -> str:
            name = match.group(1)
            return self.text(own[name]) if name in own else self._name(name)

        return re.sub(r"\$\{([^}!]+)}", replacement, pattern)
