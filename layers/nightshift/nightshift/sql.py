"""SQL text with its values written in as literals.

pg8000's parameterised calls cost three round trips and are unsafe behind a transaction-mode pooler (its Sync
after Parse lets another client in between). The simple protocol costs one and is safe there, but takes no
parameters: so they are rendered here, in one place, quoted.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any
from uuid import UUID

# What a `:name` may not be recognised in: quoted text, quoted identifiers, dollar quotes, comments and casts
# (`::`). A doubled quote ends one match and begins the next: a pattern over both would remember every character of a
# long literal, at a hundred bytes each.
_TOKENS = re.compile(
    r"""(?P<skip> '[^']*' | "[^"]*" | (?P<tag>\$\w*\$).*?(?P=tag) | --[^\n]* | /\*.*?\*/ | :: )
      | (?<![\w:]):(?P<name>[a-z_][a-z0-9_]*)""",
    re.VERBOSE | re.DOTALL,
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SECOND, _MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
_QUERY_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


def render(statement: str, values: Mapping[str, Any]) -> str:
    """Return `statement` with every `:name` replaced by the literal of `values[name]`.

    Raises:
        KeyError: a placeholder has no value, or a value has no placeholder (most often a misspelt name).
        ValueError: a value cannot be written as a literal.
    """
    used: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        used.add(name)
        return literal(values[name])

    rendered = _TOKENS.sub(replace, statement)
    if unused := values.keys() - used:
        raise KeyError(f"no placeholder for {', '.join(sorted(unused))}")
    return rendered


def literal(value: Any) -> str:
    """Write one Python value as an SQL literal.

    Lists, tuples and dicts become JSON text: the statements that take many rows take them as one JSON
    document.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, date | timedelta):
        return f"'{_time(value)}'"
    if isinstance(value, str | UUID):
        # A member of a text enumeration is written as its value, not as its name.
        return _quoted(value if isinstance(value, str) else str(value))
    if isinstance(value, dict | list | tuple):
        return _quoted(json.dumps(value, default=str, allow_nan=False))
    raise ValueError(f"a {type(value).__name__} cannot be written as an SQL literal")


def _time(value: date | timedelta) -> str:
    if isinstance(value, timedelta):
        return f"{value // _SECOND} seconds {value % _SECOND // _MICROSECOND} microseconds"
    return value.isoformat()


def _number(value: float | Decimal) -> str:
    # Only a float is asked through `math`: a large Decimal or int is finite and does not fit into a float.
    is_finite = value.is_finite() if isinstance(value, Decimal) else isinstance(value, int) or math.isfinite(value)
    if not is_finite:
        raise ValueError("a number that is not finite cannot be written as an SQL literal")
    # In parentheses, because `x -:n` with a negative n would otherwise open a comment (`x --5`).
    return f"({value})"


def _quoted(text: str) -> str:
    # A NUL ends the message on the wire. Backslashes are plain characters under standard_conforming_strings,
    # which the connection verifies.
    if "\x00" in text:
        raise ValueError("text with a NUL character cannot be stored in PostgreSQL")
    if _SURROGATE.search(text):
        raise ValueError("text with half of a surrogate pair is not Unicode")
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


@cache
def queries(package: str, file: str = "queries.sql") -> Mapping[str, str]:
    """Read a package's named queries: each starts with a line `-- name: the_name`."""
    text = resources.files(package).joinpath(file).read_text(encoding="utf-8")
    parts = _QUERY_NAME.split(text)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}
