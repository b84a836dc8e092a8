"""Every setting that the code declares with `nightshift.settings.env`, found in the settings' own classes."""

from __future__ import annotations

import ast
import dataclasses
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from deploy.translated import ROOT

IMPORT_ROOTS = (ROOT / "functions", ROOT / "layers" / "nightshift")


@dataclass(frozen=True)
class Setting:
    """One declaration of an environment variable; a variable that several read has several.

    Attributes:
        default: what it is where the variable is empty; nothing where `is_required`.
        minimum, maximum: of whole numbers, both ends included.
        tells: what it means, where no parameter of the template says so.
    """

    variable: str
    kind: type
    is_required: bool
    default: Any
    minimum: int | None
    maximum: int | None
    tells: str


@cache
def declared() -> tuple[Setting, ...]:
    """Return every declaration, in the order of the files."""
    classes = {each: None for module in _modules() for each in vars(module).values() if dataclasses.is_dataclass(each)}
    found = {id(field): (owner, field) for owner in classes for field in dataclasses.fields(owner)}
    return tuple(_setting(owner, field) for owner, field in found.values() if "env" in field.metadata)


def _modules() -> Iterator[Any]:
    """Import every module that calls `env`."""
    for root in IMPORT_ROOTS:
        for file in sorted(root.rglob("*.py")):
            if _declares(file):
                yield importlib.import_module(".".join(file.relative_to(root).with_suffix("").parts))


def _declares(file: Path) -> bool:
    text = file.read_text("utf-8")
    # Most files need not be parsed.
    return "env(" in text and any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "env"
        for node in ast.walk(ast.parse(text))
    )


def _setting(owner: Any, field: dataclasses.Field[Any]) -> Setting:
    told = field.metadata
    is_required = type(told["default"]) is object
    return Setting(
        variable=told["env"],
        kind=get_type_hints(owner)[field.name],
        is_required=is_required,
        default=None if is_required else told["default"],
        minimum=told["minimum"],
        maximum=told["maximum"],
        tells=told["tells"],
    )
