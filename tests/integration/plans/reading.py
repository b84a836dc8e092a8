"""What statements really read, also those within functions and triggers: their plans as they were carried out."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pg8000.native

_SETTINGS: Final = {
    "log_min_duration": "0", "log_nested_statements": "on", "log_analyze": "on", "log_timing": "off",
    "log_format": "json",
}  # fmt: skip


@dataclass(frozen=True)
class Scan:
    """How one step of a statement read a table; `rows` were looked at, over all its loops, `used` or not."""

    kind: str
    table: str
    rows: int
    where: str


@dataclass(frozen=True)
class Carried:
    """A statement, or one within a function (`context` names it), and how it read its tables."""

    text: str
    context: str
    scans: tuple[Scan, ...]


def listen(connection: pg8000.native.Connection) -> None:
    """Let the server tell the plan of everything that it carries out for this connection."""
    connection.run("LOAD 'auto_explain'")
    for name, value in _SETTINGS.items():
        connection.run(f"SET auto_explain.{name} = {value}")
    connection.run("SET client_min_messages = log; SET jit = off")
    # By itself a connection keeps the last hundred.
    connection.notices = deque()


def carried_out(connection: pg8000.native.Connection, statement: str) -> list[Carried]:
    """Carry statements out, take them back, and return what each of them read."""
    connection.notices.clear()
    connection.run("BEGIN")
    try:
        connection.run(statement)
    finally:
        connection.run("ROLLBACK")
    return [_carried(notice) for notice in connection.notices if b"plan:\n" in notice[b"M"]]


def _carried(notice: dict[bytes, bytes]) -> Carried:
    told = json.loads(notice[b"M"].decode().partition("plan:\n")[2])
    return Carried(told["Query Text"], notice.get(b"W", b"").decode(), tuple(_scans(told["Plan"])))


def _scans(node: dict[str, Any]) -> Iterator[Scan]:
    if "Relation Name" in node and "Scan" in node["Node Type"]:
        looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        looked_at += node.get("Rows Removed by Index Recheck", 0)
        where = " ".join(str(node[key]) for key in ("Index Name", "Index Cond", "Filter") if key in node)
        yield Scan(node["Node Type"], node["Relation Name"], round(looked_at * node["Actual Loops"]), where)
    for inner in node.get("Plans", ()):
        yield from _scans(inner)
