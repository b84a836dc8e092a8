"""Plain Python values to DynamoDB's typed attributes and back: text, bytes, whole numbers, booleans, no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def encode(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return `values` as DynamoDB attributes."""
    return {name: _encode(value) for name, value in values.items()}


def decode(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return an item's attributes as plain values."""
    return {name: _decode(attribute) for name, attribute in item.items()}


def _encode(value: str | float | bytes) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    return {"S": str(value)}


def _decode(attribute: Mapping[str, Any]) -> Any:
    kind, value = next(iter(attribute.items()))
    return int(value) if kind == "N" else value
