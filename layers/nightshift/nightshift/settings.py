"""Settings come from the environment, once, into frozen dataclasses; all that is wrong is named at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_type_hints

from nightshift.errors import SettingsError

T = TypeVar("T")

_REQUIRED = object()
_BOOLEANS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


def env(
    name: str,
    *,
    default: Any = _REQUIRED,
    minimum: int | None = None,
    maximum: int | None = None,
    tells: str = "",
    is_secret: bool = False,
) -> Any:
    """Declare a dataclass field that is read from the environment variable `name`.

    Without a default the variable is required. Bounds hold for integers and include both ends. `tells` says what it
    means in docs/configuration.md; where a parameter of the template has its value, that one's description does. What
    `is_secret` is left out of the settings' repr.
    """
    metadata = {"env": name, "default": default, "minimum": minimum, "maximum": maximum, "tells": tells}
    return dataclasses.field(metadata=metadata, repr=not is_secret)


def load(settings: type[T], environ: Mapping[str, str]) -> T:
    """Build `settings` from `environ`.

    Raises:
        SettingsError: naming every missing or invalid variable at once. Values are never shown: one may be a
            secret.
    """
    hints = get_type_hints(settings)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]  # T is a dataclass by contract
        try:
            values[field.name] = _read(field.metadata, hints[field.name], environ)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise SettingsError(problems)
    return settings(**values)


def _read(declared: Mapping[str, Any], kind: type, environ: Mapping[str, str]) -> Any:
    name = declared["env"]
    raw = environ.get(name, "").strip()
    if not raw:
        if declared["default"] is _REQUIRED:
            raise ValueError(f"{name} is missing")
        return declared["default"]
    return _PARSERS[kind](name, raw, declared)


def _integer(name: str, raw: str, declared: Mapping[str, Any]) -> int:
    low, high = declared["minimum"], declared["maximum"]
    try:
        value = int(raw)
    except ValueError:
        value = None
    if value is None or (low is not None and value < low) or (high is not None and value > high):
        raise ValueError(f"{name} must be a whole number{_bounds(low, high)}")
    return value


def _bounds(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" of at least {low}"
    return f" of at most {high}" if high is not None else ""


def _boolean(name: str, raw: str, _declared: Mapping[str, Any]) -> bool:
    try:
        return _BOOLEANS[raw.lower()]
    except KeyError:
        raise ValueError(f"{name} must be true or false") from None


def _text(_name: str, raw: str, _declared: Mapping[str, Any]) -> str:
    return raw


_PARSERS: dict[type, Callable[[str, str, Mapping[str, Any]], Any]] = {
    int: _integer,
    bool: _boolean,
    str: _text,
}
