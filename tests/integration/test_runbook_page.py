"""Every statement of docs/runbook.md is one that the schema takes."""

from __future__ import annotations

import re
from pathlib import Path

import pg8000.native

_PAGE = Path(__file__).parents[2] / "docs" / "runbook.md"
_SQL = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_database_takes_every_statement(postgres: pg8000.native.Connection) -> None:
    blocks = _SQL.findall(_PAGE.read_text("utf-8"))

    assert len(blocks) > 5
    for block in blocks:
        postgres.execute_simple(block)


def test_a_doubtful_notification_waits_again(postgres: pg8000.native.Connection) -> None:
    postgres.run("INSERT INTO users (id, email) OVERRIDING SYSTEM VALUE VALUES (1, 'ada@example.com')")
    postgres.run(
        "INSERT INTO notifications (id, event_key, user_id, kind, status, reason, attempts) OVERRIDING SYSTEM VALUE"
        " VALUES (101, 'a', 1, 'sale', 'failed', 'doubtful', 2), (103, 'b', 1, 'sale', 'failed', 'doubtful', 2)"
    )
    [again] = [block for block in _SQL.findall(_PAGE.read_text("utf-8")) if "attempts = 0" in block]

    postgres.execute_simple(again)

    assert postgres.run("SELECT id, status, attempts FROM notifications ORDER BY id") == [
        [101, "pending", 0],
        [103, "failed", 2],
    ]
