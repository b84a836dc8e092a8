"""SQL literals against a real PostgreSQL: whatever goes in comes back, or is refused before it is sent."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from nightshift.connecting import Address
from nightshift.database import Database
from nightshift.sql import literal
from tests.fuzz.target import JSON, NASTY, TEXT, Target
from tests.support.databases import DatabaseServer

_NUMBERS = st.integers() | st.decimals(allow_nan=False) | st.floats()
VALUES = st.lists(TEXT | NASTY | _NUMBERS | JSON, min_size=1, max_size=4)
# The same statement holds what looks like a placeholder or the end of something in every place where it must stay text.
_STATEMENT = "SELECT {columns} /* :v0 ' $$ */ , ':v0 -- ' AS kept, $x$ :v0 ' $x$ AS dollars, 1 AS \":v0\" -- :v0 '"


@contextmanager
def targets(server: DatabaseServer) -> Iterator[tuple[Target, ...]]:
    """Give the target, over one connection to an empty database."""
    with server.database(migrated=False) as url, closing(Database(lambda **_: Address.from_url(url))) as database:
        yield (Target("SQL literals", VALUES, lambda values: check(database, values), 25),)


def check(database: Database, values: list[Any]) -> None:
    """Send values as literals of one statement and read them back."""
    if refused := [value for value in values if not _can_be_written(value)]:
        for value in refused:
            _assert_refused(value)
        return
    columns = ", ".join(f":v{number}::{_kind(value)}::text AS v{number}" for number, value in enumerate(values))
    named = {f"v{number}": value for number, value in enumerate(values)}
    [row] = database.read(_STATEMENT.format(columns=columns), **named)
    assert (row["kept"], row["dollars"], row[":v0"]) == (":v0 -- ", " :v0 ' ", 1)
    for number, value in enumerate(values):
        assert _same(row[f"v{number}"], value), f"{value!r} came back as {row[f'v{number}']!r}"


def _can_be_written(value: Any) -> bool:
    try:
        if isinstance(value, str):
            return "\0" not in value and bool(value.encode() or True)
        if isinstance(value, list | dict):
            json.dumps(value, allow_nan=False)
            return True
        return value is None or isinstance(value, bool | int) or _is_small(value)
    except (UnicodeEncodeError, ValueError):
        return False


def _is_small(value: float | Decimal) -> bool:
    return math.isfinite(value) if isinstance(value, float) else value.is_finite()


def _assert_refused(value: Any) -> None:
    try:
        literal(value)
    except ValueError:
        return
    raise AssertionError(f"{value!r} was written as a literal")


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float):
        return "float8"
    if isinstance(value, int | Decimal):
        return "numeric"
    return "json" if isinstance(value, list | dict) else "text"


def _same(read: str | None, value: Any) -> bool:
    if value is None or read is None:
        return read is value
    if isinstance(value, bool):
        return read == str(value).lower()
    if isinstance(value, float):
        return float(read) == value
    if isinstance(value, int | Decimal):
        return Decimal(read) == value
    return bool(json.loads(read) == value if isinstance(value, list | dict) else read == value)
