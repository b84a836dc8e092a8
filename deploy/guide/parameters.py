"""What the template lets people set, and whether CloudFormation would take a value: told here, before minutes pass."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final

Declared = Mapping[str, Mapping[str, Any]]
_SHOWN: Final = 60


class ParametersError(ValueError):
    """A parameter is unknown or its value is not allowed; the message names each."""


def read(text: str, declared: Declared) -> dict[str, str]:
    """Read `Name=value Other="two words"`, as PARAMETERS of make and `parameter_overrides` of samconfig.toml have it.

    Raises:
        ParametersError: a part is no `Name=value`, or as `check` says.
    """
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise ParametersError(f"PARAMETERS cannot be read ({error}): write Name=value Other='two words'") from None
    loose = [part for part in parts if "=" not in part]
    if loose:
        raise ParametersError(f"PARAMETERS has {loose[0]!r}, which is no Name=value")
    found = dict(part.split("=", 1) for part in parts)
    check(found, declared)
    return found


def check(values: Mapping[str, str], declared: Declared) -> None:
    """Raise ParametersError unless every value is one that CloudFormation would take."""
    found = [complaint for name, value in values.items() if (complaint := _complaint(name, value, declared))]
    if found:
        raise ParametersError("\n".join(found))


def _complaint(name: str, value: str, declared: Declared) -> str:
    if name not in declared:
        near = difflib.get_close_matches(name, declared, 1)
        return f"There is no parameter {name}" + (f"; {near[0]} is one" if near else "")
    rule = declared[name]
    if not _allowed(value, rule):
        wanted = rule.get("ConstraintDescription") or _wanted(rule)
        shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
        return f"{name} is {shown!r}, but {wanted}"
    return ""


def _allowed(value: str, rule: Mapping[str, Any]) -> bool:
    if "AllowedValues" in rule:
        return value in map(str, rule["AllowedValues"])
    if rule["Type"] == "Number":
        try:
            number = float(value)
        except ValueError:
            return False
        return bool(rule.get("MinValue", number) <= number <= rule.get("MaxValue", number))
    return re.search(str(rule.get("AllowedPattern", "")), value) is not None


def _wanted(rule: Mapping[str, Any]) -> str:
    if "AllowedValues" in rule:
        return f"must be one of {', '.join(map(str, rule['AllowedValues']))}"
    if "MinValue" in rule or "MaxValue" in rule:
        bounds = [f"at least {rule['MinValue']}"] * ("MinValue" in rule)
        bounds += [f"at most {rule['MaxValue']}"] * ("MaxValue" in rule)
        return f"must be a number, {' and '.join(bounds)}"
    return "must be a number" if rule["Type"] == "Number" else f"must match {rule.get('AllowedPattern')}"


def override(name: str, value: str) -> str:
    """One argument of `sam deploy --parameter-overrides`: the SAM CLI takes quotes and backslashes by itself."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{escaped}"'
