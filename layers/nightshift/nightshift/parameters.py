"""Bounded parameters: what may be asked for, checked in one way for events, request bodies and query strings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

UUID_PATTERN = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_BOOLEANS = {"true": True, "false": False}
# A plus in a query means a space: an offset that was sent as it stands arrives so.
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII)


class Parameter(Protocol):
    """One named value with its bounds."""

    @property
    def name(self) -> str:
        """The name callers use."""

    @property
    def default(self) -> Any:
        """The value where a caller gives none; None where there is none."""

    @property
    def description(self) -> str:
        """What it does, for the API's description."""

    def parse(self, raw: Any) -> Any:
        """Return the checked value, or raise ValueError saying what would be right."""

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""


@dataclass(frozen=True)
class Integer:
    """A whole number within bounds, both ends included."""

    name: str
    minimum: int
    maximum: int
    default: int | None = None
    description: str = ""

    def parse(self, raw: Any) -> int:
        """Accept a JSON number or its decimal digits."""
        text = str(raw) if not isinstance(raw, bool) else ""
        if not re.fullmatch(r"-?\d{1,18}", text, re.ASCII) or not self.minimum <= int(text) <= self.maximum:
            raise ValueError(f"{self.name} must be a whole number from {self.minimum} to {self.maximum}")
        return int(text)

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True)
class Text:
    """A text of bounded length, optionally of a given form."""

    name: str
    max_length: int = 200
    pattern: str | None = None
    form: str = ""
    default: str | None = None
    description: str = ""

    def parse(self, raw: Any) -> str:
        """Accept a string without control characters."""
        fits = isinstance(raw, str) and 0 < len(raw) <= self.max_length and raw.isprintable()
        if not fits or (self.pattern and not re.fullmatch(self.pattern, raw)):
            expected = self.form or f"a text of 1 to {self.max_length} characters"
            raise ValueError(f"{self.name} must be {expected}")
        return str(raw)

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        pattern = {"pattern": f"^(?:{self.pattern})$"} if self.pattern else {}
        return {"type": "string", "minLength": 1, "maxLength": self.max_length, **pattern}


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    name: str
    choices: tuple[str, ...]
    default: str | None = None
    description: str = ""

    def parse(self, raw: Any) -> str:
        """Accept exactly one of the choices."""
        if raw not in self.choices:
            raise ValueError(f"{self.name} must be one of {', '.join(self.choices)}")
        return str(raw)

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": "string", "enum": list(self.choices)}


@dataclass(frozen=True)
class Flag:
    """Yes or no."""

    name: str
    default: bool = False
    description: str = ""

    def parse(self, raw: Any) -> bool:
        """Accept a JSON boolean or the words true and false."""
        if isinstance(raw, bool):
            return raw
        if not isinstance(raw, str) or raw not in _BOOLEANS:
            raise ValueError(f"{self.name} must be true or false")
        return _BOOLEANS[raw]

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Moment:
    """A time with its offset as a query parameter."""

    name: str
    description: str = ""
    default: datetime | None = None

    def parse(self, raw: Any) -> datetime:
        """Accept ISO 8601 with an offset, without which nobody could tell which hour is meant."""
        text = _LOST_PLUS.sub(r"+\1", raw) if isinstance(raw, str) else ""
        try:
            # What is no time at all becomes one that is none either.
            return datetime.fromisoformat(text if _MOMENT.fullmatch(text) else "").astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError(
                f"{self.name} must be a time with its offset, such as 2026-11-22T15:00:00Z or 2026-11-22T10:00:00-05:00"
            ) from None

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": "string", "format": "date-time"}


def parse_all(
    declared: Sequence[Parameter], raw: Mapping[str, Any], prefix: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """Check every given value; return the values with defaults filled in, and every problem found."""
    values, problems = parse_each(declared, raw)
    return values, [f"{prefix}{problem}" for problem in problems.values()]


def parse_each(
    declared: Sequence[Parameter], raw: Mapping[str, Any], required: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, str]]:
    """Check every given value; return the values with defaults filled in, and the problems by their names."""
    known = {parameter.name: parameter for parameter in declared}
    values = {name: parameter.default for name, parameter in known.items()}
    problems = {name: f"{name} is not known here{_known(known)}" for name in raw if name not in known}
    for name, parameter in known.items():
        if raw.get(name) is None:
            if name in required:
                problems[name] = f"{name} is missing"
            continue
        try:
            values[name] = parameter.parse(raw[name])
        except ValueError as error:
            problems[name] = str(error)
    return values, problems


def _known(names: Mapping[str, Parameter]) -> str:
    return f" (known: {', '.join(sorted(names))})" if names else ""
