"""Finds resources in a template and works out what its intrinsic functions come to, as far as rules need it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deploy.translated import Template
from local.template import Template as Document


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


def statements(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every statement of a policy document, those included that a condition adds."""
    for each in as_list(document.get("Statement", [])):
        branches = each["Fn::If"][1:] if "Fn::If" in each else [each]
        yield from (branch for branch in branches if branch != {"Ref": "AWS::NoValue"})


def as_list(value: Any) -> list[Any]:
    """IAM lets one thing stand for a list of one."""
    return value if isinstance(value, list) else [value]


def resolver(template: Template, given: Mapping[str, str] | None = None) -> Callable[[Any], Any]:
    """What works out a value, with the defaults of the parameters or those `given`.

    A parameter without a default comes to its own name; a resource to the name it is given, else its logical id.
    """
    declared = template.get("Parameters", {})
    values = {name: name for name, parameter in declared.items() if "Default" not in parameter}
    document = Document(template, "stack", {**values, **(given or {})})

    def lookup(name: str, _attribute: str | None) -> Any:
        properties = template["Resources"].get(name, {}).get("Properties", {})
        return document.resolve(properties.get("FunctionName", name))

    document.lookup = lookup
    return document.resolve
