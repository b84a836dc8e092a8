"""Reads template.yaml as CloudFormation would: tags, parameters, conditions and intrinsic functions."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml

from local.aws import ACCOUNT, REGION

_PLACEHOLDER: Final = re.compile(r"\$\{([^}]*)\}")
_NOTHING: Final = object()  # AWS::NoValue: the key or list entry that holds it is left out


class TemplateError(Exception):
    """The template cannot be read here; the message says where."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the one in C takes a tenth
    """YAML with the short forms of CloudFormation's functions."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any = None
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tagged)
# A version such as 2012-10-17 is a text, not a date.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

Lookup = Callable[[str, str | None], Any]


def load(path: Path) -> dict[str, Any]:
    """A template as it is written, with every short form spelled out: `!Sub x` is `{"Fn::Sub": "x"}`."""
    document: dict[str, Any] = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    return document


class Template:
    """The sections of a template, with what functions in them come to."""

    def __init__(self, document: Mapping[str, Any], stack_name: str, parameters: Mapping[str, str]) -> None:
        """`parameters` override the defaults of the parameters that the template has.

        Raises:
            TemplateError: a parameter has neither a default nor an override.
        """
        self.stack_name = stack_name
        self.resources: dict[str, dict[str, Any]] = document.get("Resources", {})
        self.globals: dict[str, Any] = document.get("Globals", {})
        self._conditions: dict[str, Any] = document.get("Conditions", {})
        self._mappings: dict[str, Any] = document.get("Mappings", {})
        self._parameters = _parameters(document.get("Parameters", {}), parameters)
        # What a reference to a resource comes to is known by who makes the resources (local/stack.py).
        self.lookup: Lookup = self._unknown

    @classmethod
    def read(cls, path: Path, stack_name: str, parameters: Mapping[str, str]) -> Template:
        """Reads a template file."""
        return cls(load(path), stack_name, parameters)

    def exists(self, logical_id: str) -> bool:
        """Whether a resource's condition, if it has one, holds."""
        name = self.resources[logical_id].get("Condition")
        return name is None or self._condition(name)

    def resolve(self, value: Any) -> Any:
        """The value with every function in it replaced by what it comes to."""
        if isinstance(value, dict):
            if len(value) == 1:
                ((name, argument),) = value.items()
                if name in ("Ref", "Condition") or name.startswith("Fn::"):
                    return self._call(name, argument)
            pairs = ((key, self.resolve(item)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not _NOTHING}
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NOTHING]
        return value

    def _call(self, name: str, argument: Any) -> Any:
        function = self._FUNCTIONS.get(name)
        if function is None:
            raise TemplateError(f"The local system does not know {name}.")
        return function(self, argument)

    def _ref(self, name: str) -> Any:
        if name in self._parameters:
            return self._parameters[name]
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": _NOTHING,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{self.stack_name}/local",
            "AWS::StackName": self.stack_name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        return pseudo[name] if name in pseudo else self.lookup(name, None)

    def _get_att(self, argument: str | list[Any]) -> Any:
        name, _, attribute = argument.partition(".") if isinstance(argument, str) else (argument[0], "", argument[1])
        return self.lookup(name, self.resolve(attribute))

    def _sub(self, argument: str | list[Any]) -> str:
        text, values = (argument, {}) if isinstance(argument, str) else argument

        def value_of(match: re.Match[str]) -> str:
            name = match.group(1).strip()
            if name.startswith("!"):  # ${!Literal} is written as it is
                return f"${{{name[1:]}}}"
            if name in values:
                return _text(self.resolve(values[name]))
            known = name in self._parameters or name.startswith("AWS::") or "." not in name
            return _text(self._ref(name) if known else self._get_att(name))

        return _PLACEHOLDER.sub(value_of, text)

    def _condition(self, name: str) -> bool:
        if name not in self._conditions:
            raise TemplateError(f"There is no condition {name}.")
        return bool(self.resolve(self._conditions[name]))

    def _if(self, argument: list[Any]) -> Any:
        condition, then, otherwise = argument
        return self.resolve(then if self._condition(condition) else otherwise)

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second = (self.resolve(part) for part in argument[:3])
        try:
            return self._mappings[name][first][second]
        except KeyError:
            raise TemplateError(f"There is no {name}.{first}.{second} in Mappings.") from None

    def _equals(self, argument: list[Any]) -> bool:
        left, right = self.resolve(argument)
        return _text(left) == _text(right)

    def _join(self, argument: list[Any]) -> str:
        separator, parts = argument
        resolved = self.resolve(parts)
        return str(separator).join(map(_text, resolved))

    @staticmethod
    def _unknown(name: str, _attribute: str | None) -> Any:
        raise TemplateError(f"There is no parameter or resource {name}.")

    _FUNCTIONS: ClassVar[dict[str, Callable[[Template, Any], Any]]] = {
        "Ref": _ref,
        "Condition": _condition,
        "Fn::And": lambda template, parts: all(template.resolve(parts)),
        "Fn::Base64": lambda template, text: base64.b64encode(template.resolve(text).encode()).decode(),
        "Fn::Equals": _equals,
        "Fn::FindInMap": _find_in_map,
        "Fn::GetAtt": _get_att,
        "Fn::If": _if,
        "Fn::Join": _join,
        "Fn::Not": lambda template, parts: not template.resolve(parts)[0],
        "Fn::Or": lambda template, parts: any(template.resolve(parts)),
        "Fn::Select": lambda template, parts: template.resolve(parts[1])[int(template.resolve(parts[0]))],
        "Fn::Split": lambda template, parts: template.resolve(parts[1]).split(parts[0]),
        "Fn::Sub": _sub,
        "Fn::ToJsonString": lambda template, value: json.dumps(template.resolve(value)),
    }


def _parameters(declared: Mapping[str, Any], overrides: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, declaration in declared.items():
        value = overrides.get(name, declaration.get("Default"))
        if value is None:
            raise TemplateError(f"The parameter {name} has no default: give it a value in local/settings.py.")
        is_list = declaration["Type"] == "CommaDelimitedList" or declaration["Type"].startswith("List<")
        values[name] = [part.strip() for part in str(value).split(",")] if is_list else value
    return values


def _text(value: Any) -> str:
    """How CloudFormation writes a value into a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        raise TemplateError(f"A text cannot hold {json.dumps(value)[:80]}.")
    return str(value)


def merged(general: Any, particular: Any) -> Any:
    """Globals under a resource's own properties, as SAM merges them: lists are joined, maps merged."""
    if isinstance(general, dict) and isinstance(particular, dict):
        return {
            key: merged(general[key], particular[key])
            if key in general and key in particular
            else particular.get(key, general.get(key))
            for key in {**general, **particular}
        }
    if isinstance(general, list) and isinstance(particular, list):
        return [*general, *particular]
    return particular
