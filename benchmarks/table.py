"""A DynamoDB table in memory which costs the same whatever a condition says: expressions are compiled once.

Emulators read each expression anew, so that a longer condition takes visibly longer; DynamoDB bills and answers by the
item, not by the length of a condition. It knows what the lock, its peers and the door send, and refuses the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import CodeType
from typing import Any, Final

Attribute = dict[str, Any]
Item = dict[str, Attribute]
_Names = tuple[tuple[str, str], ...]
_SIGNS: Final = {"=": "==", "<": "<", "<=": "<=", "AND": " and ", "OR": " or ", "NOT": " not "}
_TOKEN: Final = re.compile(r"attribute_(?:not_)?exists\([#\w]+\)|if_not_exists\([#\w]+, ?:\w+\)|[#:]?\w+|<=|[=<(),+]")


class ConditionFailedError(Exception):
    """The item is not as the condition says; it holds what there is."""

    def __init__(self, item: Item) -> None:
        super().__init__("The conditional request failed")
        self.item = item


@dataclass(frozen=True)
class _Operand:
    """An attribute, or none: what is not there is neither equal to nor less than anything."""

    attribute: Attribute | None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Operand) and self._compare(other, lambda one, two: bool(one == two))

    def __lt__(self, other: _Operand) -> bool:
        return self._compare(other, lambda one, two: bool(one < two))

    def __le__(self, other: _Operand) -> bool:
        return self._compare(other, lambda one, two: bool(one <= two))

    def __add__(self, other: _Operand) -> _Operand:
        return _Operand({"N": str(_plain(self.attribute) + _plain(other.attribute))})

    def _compare(self, other: _Operand, how: Callable[[Any, Any], bool]) -> bool:
        if not self.attribute or not other.attribute or self.attribute.keys() != other.attribute.keys():
            return False
        return how(_plain(self.attribute), _plain(other.attribute))

    __hash__ = None  # type: ignore[assignment]  # nobody keeps them


@dataclass
class Table:
    """One table; requests and answers are those of DynamoDB's JSON."""

    keys: tuple[str, ...] = ("pk",)
    items: dict[tuple[str, ...], Item] = field(default_factory=dict)

    def get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """GetItem."""
        item = self.items.get(self._key(request["Key"]))
        return {"Item": item} if item else {}

    def query(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Query, all of it in one page; every item is looked at."""
        condition, values, names = (
            request["KeyConditionExpression"],
            request["ExpressionAttributeValues"],
            _names(request),
        )
        return {"Items": [item for item in self.items.values() if holds(condition, item, values, names)]}

    def put(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """PutItem."""
        key = self._key(request["Item"])
        self._demand(key, request)
        self.items[key] = request["Item"]
        return {}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DeleteItem."""
        key = self._key(request["Key"])
        self._demand(key, request)
        self.items.pop(key, None)
        return {}

    def update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """UpdateItem; answers the whole new item where it is asked for."""
        key = self._key(request["Key"])
        old, values = self._demand(key, request), request.get("ExpressionAttributeValues", {})
        assigned, removed = _update(request["UpdateExpression"], _names(request))
        new = {**(old or request["Key"]), **{name: _evaluate(code, old, values).attribute for name, code in assigned}}
        for name in removed:
            new.pop(name, None)
        self.items[key] = new
        return {"Attributes": new} if request.get("ReturnValues") == "ALL_NEW" else {}

    def _key(self, item: Mapping[str, Attribute]) -> tuple[str, ...]:
        return tuple(item[name]["S"] for name in self.keys)

    def _demand(self, key: tuple[str, ...], request: Mapping[str, Any]) -> Item:
        item = self.items.get(key, {})
        condition = request.get("ConditionExpression")
        if condition and not holds(condition, item, request.get("ExpressionAttributeValues", {}), _names(request)):
            raise ConditionFailedError(item)
        return item


def holds(condition: str, item: Item, values: Mapping[str, Attribute], names: _Names = ()) -> bool:
    """Whether a condition is true of an item."""
    return bool(_evaluate(_compiled(condition, names), item, values))


def _evaluate(code: CodeType, item: Item, values: Mapping[str, Attribute]) -> Any:
    def get(name: str) -> _Operand:
        return _Operand(values[name] if name.startswith(":") else item.get(name))

    def first(name: str, otherwise: str) -> _Operand:
        return get(name) if name in item else get(otherwise)

    return eval(code, {"__builtins__": {}}, {"get": get, "first": first, "item": item})  # noqa: S307  # our own tokens


@cache
def _compiled(expression: str, names: _Names) -> CodeType:
    tokens = _TOKEN.findall(expression)
    if "".join(tokens).replace(" ", "") != "".join(expression.split()):
        raise ValueError(f"not understood: {expression}")
    return compile("".join(_python(each, dict(names)) for each in tokens).strip(), "<expression>", "eval")


def _python(said: str, names: Mapping[str, str]) -> str:
    """What is said as Python says it; every name in it goes through `repr`."""
    if said in _SIGNS:
        return _SIGNS[said]
    if said in "(),+":
        return said
    function, _, arguments = said.rstrip(")").partition("(")
    named = [names.get(each.strip(), each.strip()) for each in arguments.split(",")]
    if function == "if_not_exists":
        return f"first({named[0]!r}, {named[1]!r})"
    if arguments:
        return f"({named[0]!r} {'in' if function == 'attribute_exists' else 'not in'} item)"
    return f"get({names.get(said, said)!r})"


@cache
def _update(expression: str, names: _Names) -> tuple[list[tuple[str, CodeType]], list[str]]:
    found = re.fullmatch(r"\s*(?:SET (?P<set>.*?))?\s*(?:REMOVE (?P<remove>.*))?", expression)
    if not found:
        raise ValueError(f"not understood: {expression}")
    resolved = dict(names)
    pairs = re.split(r",(?![^(]*\))", found["set"]) if found["set"] else []
    halves = (pair.partition("=") for pair in pairs)
    assigned = [
        (resolved.get(name.strip(), name.strip()), _compiled(value.strip(), names)) for name, _, value in halves
    ]
    removed = [resolved.get(name.strip(), name.strip()) for name in (found["remove"] or "").split(",") if name.strip()]
    return assigned, removed


def _names(request: Mapping[str, Any]) -> _Names:
    return tuple(sorted(request.get("ExpressionAttributeNames", {}).items()))


def _plain(attribute: Attribute | None) -> Any:
    if not attribute:
        raise ValueError("an attribute that is added is missing")
    kind, value = next(iter(attribute.items()))
    return int(value) if kind == "N" else value
