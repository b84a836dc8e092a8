"""A long history costs delivery nothing: every statement finds its rows by a key, however many went before."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from nightshift.sql import queries, render
from tests.integration.delivery.conftest import Store

SQL = queries("nightshift.delivery")
ID = str(uuid4())
RUN = {"mail_id": ID, "run_id": ID}
VALUES: dict[str, dict[str, Any]] = {
    "recover": {"attempts": 2},
    "claim": {
        "run_id": ID, "lock": "x", "fence": 1, "claim_s": 9.0, "kinds": None, "rows": 200, "zone": "UTC", "cap": 3,
        "after_at": None, "after_id": 0,
    },
    "begin": {**RUN, "zone": "UTC", "cap": 3, "rows": 300},
    "sent": {**RUN, "message_id": "m"},
    "failed": {**RUN, "error": "e"},
    "unsure": {**RUN, "state": "doubtful", "error": "e", "attempts": 2},
    "free": {"run_id": ID},
}  # fmt: skip


@pytest.fixture(scope="module")
def plans(database_server: Any) -> Any:
    """The plan of every statement in a database with a history."""
    with database_server.database() as url:
        connection = database_server.connect(url.rpartition("/")[2])
        store = Store(connection)
        store.run(
            "INSERT INTO users (email) SELECT 'u' || n || '@example.com' FROM generate_series(1, 2000) AS n;"
            "INSERT INTO mails (user_id, state, run_id, lock, fence, claimed_until, day)"
            " SELECT 1 + n % 2000, 'sent', gen_random_uuid(), 'x', 1, now(), current_date - n % 30"
            " FROM generate_series(1, 10000) AS n;"
            "INSERT INTO notifications (event_key, user_id, kind, status)"
            " SELECT 'k' || row_number() OVER (), user_id, 'sale', 'sent' FROM mails, generate_series(1, 3);"
            "INSERT INTO notifications (event_key, user_id, kind)"
            " SELECT 'p' || n, n, 'sale' FROM generate_series(1, 500) AS n; ANALYZE;"
            # The statistics are older than most of the history, as they are on a busy night.
            "UPDATE notifications SET mail_id = (SELECT id FROM mails LIMIT 1) WHERE status = 'sent'"
        )
        found = {}
        for name, values in VALUES.items():
            rows = connection.run(f"EXPLAIN (COSTS OFF) {render(SQL[name], values)}")
            found[name] = "\n".join(row[0] for row in rows)
        connection.close()
        yield found


@pytest.mark.parametrize("name", VALUES)
def test_no_statement_reads_the_history(plans: dict[str, str], name: str) -> None:
    plan = plans[name]

    assert not re.search(r"Seq Scan on (notifications|mails|users)\b", plan), plan
    # An index that holds the whole history is entered by a key, not read from end to end.
    for scan in re.finditer(r"using (notifications_of_mail|mails_of_day|mails_pkey)\b[^\n]*\n\s*(\S+ \S+)", plan):
        assert scan[2] == "Index Cond:", plan
