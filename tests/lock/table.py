"""DynamoDB's conditional update, in memory: as much of it as the lock uses, compared with emulators by a test.

It costs a hundredth of an HTTP request, so that many more histories can be tried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

Attribute = Mapping[str, str]
Item = dict[str, Attribute]

_TOKEN = re.compile(r"\s*(:\w+|\w+|<=|[=<(),+])")


class MemoryTable:
    """One table with the key `pk`; speaks as a boto3 client does."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def get_item(self, **request: Any) -> dict[str, Any]:
        """The item, whole and as it is now."""
        item = self._items.get(request["Key"]["pk"]["S"])
        return {"Item": dict(item)} if item else {}

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Stores an item; only tests do."""
        self._items[request["Item"]["pk"]["S"]] = dict(request["Item"])
        return {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Changes the item if the condition holds of it."""
        key, values = request["Key"]["pk"]["S"], request["ExpressionAttributeValues"]
        old = self._items.get(key, {})
        update, condition = request["UpdateExpression"], request["ConditionExpression"]
        unused = set(values) - set(re.findall(r":\w+", f"{update} {condition}"))
        if unused:
            raise _refused("ValidationException", f"unused values: {sorted(unused)}")
        self._demand(condition, old, values)
        new = {**(old or {"pk": {"S": key}}), **_assigned(update, old, values)}
        for name in _removed(update):
            new.pop(name, None)
        self._items[key] = new
        return {"Attributes": dict(new)}

    def delete_item(self, **request: Any) -> dict[str, Any]:
        """Forgets the item if the condition holds of it."""
        key = request["Key"]["pk"]["S"]
        self._demand(request["ConditionExpression"], self._items.get(key, {}), request["ExpressionAttributeValues"])
        self._items.pop(key, None)
        return {}

    @staticmethod
    def _demand(condition: str, old: Item, values: Mapping[str, Attribute]) -> None:
        if not holds(condition, old, values):
            raise _refused("ConditionalCheckFailedException", "The conditional request failed", old)


def holds(condition: str, item: Item, values: Mapping[str, Attribute]) -> bool:
    """Whether a condition is true of an item; what the item lacks is neither equal to nor less than anything."""
    return _Condition(condition, item, values).holds()


class _Condition:
    """OR of AND of comparisons, existence and parentheses, read from left to right."""

    def __init__(self, text: str, item: Item, values: Mapping[str, Attribute]) -> None:
        self._tokens = _TOKEN.findall(text)
        if "".join(self._tokens) != "".join(text.split()):
            raise ValueError(f"not understood: {text}")
        self._item = item
        self._values = values

    def holds(self) -> bool:
        found = self._either()
        if self._tokens:
            raise ValueError(f"not understood: {self._tokens}")
        return found

    def _either(self) -> bool:
        found = self._both()
        while self._next_is("OR"):
            found = self._both() or found
        return found

    def _both(self) -> bool:
        found = self._one()
        while self._next_is("AND"):
            found = self._one() and found
        return found

    def _one(self) -> bool:
        if self._next_is("("):
            found = self._either()
            self._expect(")")
            return found
        first = self._tokens.pop(0)
        if first in ("attribute_exists", "attribute_not_exists"):
            self._expect("(")
            name = self._tokens.pop(0)
            self._expect(")")
            exists = name in self._item
            return exists if first == "attribute_exists" else not exists
        comparison = self._tokens.pop(0)
        return _compare(self._operand(first), comparison, self._operand(self._tokens.pop(0)))

    def _operand(self, token: str) -> Attribute | None:
        return self._values[token] if token.startswith(":") else self._item.get(token)

    def _next_is(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            self._tokens.pop(0)
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._next_is(token):
            raise ValueError(f"{token} is missing")


def _compare(left: Attribute | None, comparison: str, right: Attribute | None) -> bool:
    if left is None or right is None or left.keys() != right.keys():
        return False
    one, other = _comparable(left), _comparable(right)
    outcomes: dict[str, bool] = {"=": one == other, "<": one < other, "<=": one <= other}
    return outcomes[comparison]


def _comparable(attribute: Attribute) -> Any:
    kind, value = next(iter(attribute.items()))
    return int(value) if kind == "N" else value


def _assigned(update: str, item: Item, values: Mapping[str, Attribute]) -> Item:
    clause = re.search(r"\bSET (.*?)(?= REMOVE |$)", update)
    pairs = re.split(r",(?![^(]*\))", clause[1]) if clause else []
    return {name.strip(): _value(text, item, values) for name, _, text in (pair.partition("=") for pair in pairs)}


def _value(text: str, item: Item, values: Mapping[str, Attribute]) -> Attribute:
    terms = [_term(term.strip(), item, values) for term in text.split("+")]
    if len(terms) == 1:
        return terms[0]
    if any("N" not in term for term in terms):
        raise _refused("ValidationException", "only numbers are added")
    return {"N": str(sum(int(term["N"]) for term in terms))}


def _term(text: str, item: Item, values: Mapping[str, Attribute]) -> Attribute:
    unless = re.fullmatch(r"if_not_exists\((\w+), (:\w+)\)", text)
    if unless:
        return item.get(unless[1], values[unless[2]])
    if text.startswith(":"):
        return values[text]
    if text not in item:
        raise _refused("ValidationException", f"the item has no {text}")
    return item[text]


def _removed(update: str) -> list[str]:
    clause = re.search(r"\bREMOVE (.*)$", update)
    return [name.strip() for name in clause[1].split(",")] if clause else []


def _refused(code: str, message: str, old: Item | None = None) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}}
    if old:
        answer["Item"] = dict(old)
    return ClientError(answer, "UpdateItem")
