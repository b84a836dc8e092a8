"""Looking at everybody's notifications costs little, however many went well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pg8000.native
import pytest

from nightshift.sql import queries, render
from notifications.deliveries import STATES
from tests.support.databases import DatabaseServer

SQL = queries("notifications")
FREE = {"before": None, "kind": None, "user_id": None, "status": None, "doubtful": False, "open": False, "rows": 51}


@pytest.fixture(scope="module")
def connection(database_server: DatabaseServer) -> Iterator[pg8000.native.Connection]:
    """Many that were sent, and seven in each other state."""
    with database_server.database() as url:
        made = database_server.connect(url.rpartition("/")[2])
        made.run(
            "INSERT INTO users (email) SELECT 'u' || n || '@example.com' FROM generate_series(1, 200) AS n;"
            "INSERT INTO notifications (event_key, user_id, kind, status)"
            " SELECT 'k' || n, 1 + n % 200, 'sale', 'sent' FROM generate_series(1, 20000) AS n;"
            "INSERT INTO notifications (event_key, user_id, kind, status, reason)"
            " SELECT s || n, 1, 'restock', s, CASE s WHEN 'pending' THEN 'doubtful' END"
            " FROM generate_series(1, 7) AS n, unnest(ARRAY['pending', 'claimed', 'failed', 'suppressed']) AS s;"
            "INSERT INTO mails (user_id, state, run_id, lock, fence, claimed_until)"
            " VALUES (1, 'sending', gen_random_uuid(), 'x', 1, now());"
            "UPDATE notifications SET mail_id = (SELECT id FROM mails) WHERE status = 'claimed'; ANALYZE"
        )
        yield made
        made.close()


def plan_of(connection: pg8000.native.Connection, name: str, **values: Any) -> str:
    rows = connection.run(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {render(SQL[name], values)}")
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("state", STATES)
def test_the_few_of_a_state_are_found_among_the_many(connection: pg8000.native.Connection, state: str) -> None:
    is_doubtful = state == "doubtful"
    plan = plan_of(connection, "deliveries", **{
        **FREE, "status": None if is_doubtful else state, "doubtful": is_doubtful, "open": state == "claimed",
    })  # fmt: skip

    assert "Seq Scan on notifications" not in plan, plan
    assert f"rows={51 if state == 'sent' else 7}.00" in plan, plan
    removed = [int(number) for number in re.findall(r"Rows Removed by Filter: (\d+)", plan)]
    assert sum(removed) < 100, plan


def test_a_page_behind_a_cursor_begins_there(connection: pg8000.native.Connection) -> None:
    plan = plan_of(connection, "deliveries", **{**FREE, "before": 10_000})

    # The mails of this world are so few that the planner may go over them.
    scan = plan.partition("notifications_pkey on notifications")[2].partition("->")[0]
    assert scan, plan
    assert "Rows Removed by Filter" not in scan, plan


def test_counts_stop_at_their_cap(connection: pg8000.native.Connection) -> None:
    plan = plan_of(connection, "delivery_counts", cap=100)

    assert not [number for number in re.findall(r"actual rows=(\d+)", plan) if int(number) > 101], plan
    removed = [int(number) for number in re.findall(r"Rows Removed by Filter: (\d+)", plan)]
    assert sum(removed) < 100, plan
