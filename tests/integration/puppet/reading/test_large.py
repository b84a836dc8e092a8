"""A hundred thousand attempts, half as many jobs: found by index, counted up to a cap, all figures of the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from nightshift.capped import CAP
from nightshift.connecting import Address
from nightshift.database import Database
from nightshift.routes import Request
from nightshift.sql import queries, render
from puppet.reading.insights import insights
from puppet.reading.metrics import metrics
from puppet.reading.queue import queue
from tests.support.databases import DatabaseServer

ROWS, DAYS, USERS, TYPES = 100_000, 100, 500, 10
JOBS = 50_000
END = datetime(2026, 6, 1, tzinfo=UTC)
BEGIN = END - timedelta(days=DAYS)
_FILL = f"""
    INSERT INTO puppet_job_execution_logs (job_id, claim_token, user_id, job_type, attempt, processor_id, batch_id,
        outcome, error_type, error, will_retry, waited_ms, duration_ms, started_at, finished_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 'user' || n % {USERS},
           CASE n % 1000 WHEN 7 THEN 'rare' ELSE 'type' || n % {TYPES} END, 1, 'p' || n % 4,
           ('00000000-0000-0000-0000-' || lpad((n / 20)::text, 12, '0'))::uuid,
           CASE n % 20 WHEN 0 THEN 'failed' WHEN 1 THEN 'timeout' WHEN 2 THEN 'duplicate' ELSE 'success' END,
           CASE n % 20 WHEN 0 THEN 'network' WHEN 1 THEN 'timeout' END, CASE n % 20 WHEN 0 THEN 'no route ' || n END,
           n % 40 = 0, n % 5000, n % 3000, at, at
    FROM generate_series(1, {ROWS}) AS n
    CROSS JOIN LATERAL (SELECT timestamptz '{END.isoformat()}' - n * interval '{DAYS} days' / {ROWS} AS at) AS t;
    INSERT INTO puppet_jobs (user_id, job_type, scheduled_at)
    SELECT CASE WHEN n % 10 = 0 THEN 'user' || n % {USERS} ELSE 'whale' END, 'type' || n % {TYPES},
           now() - n * interval '1 second' + CASE WHEN n % 2 = 0 THEN interval '30 days' ELSE interval '0' END
    FROM generate_series(1, {JOBS}) AS n;
    INSERT INTO puppet_jobs (user_id, job_type, status, processor_id, claimed_at, heartbeat_at)
    SELECT 'user' || n, 'type0', 'running', 'p' || n % 4, now(), now() FROM generate_series(1, 20) AS n;
    ANALYZE
"""


@pytest.fixture(scope="module")
def full(database_server: DatabaseServer) -> Iterator[Database]:
    with database_server.database() as url:
        address = Address.from_url(url)
        database = Database(lambda *, afresh: address)  # noqa: ARG005  # never rotated
        for statement in _FILL.split(";"):
            database.write(statement)
        yield database
        database.close()


def request(database: Database, **query: Any) -> Request:
    platform: Any = SimpleNamespace(database=database, analytics=database)
    span = {"from": BEGIN, "to": END + timedelta(seconds=1), "jobType": None, "userId": None, "zone": None}
    return Request(platform, "admin", query={**span, "batches": 20, "top": 20, **query})


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def explained(database: Database, name: str, options: str = "", **values: Any) -> dict[str, Any]:
    body = render(queries("puppet.reading")[name], values)
    plan: dict[str, Any] = database.read(f"EXPLAIN (FORMAT JSON{options}) {body}")[0]["QUERY PLAN"][0]["Plan"]
    return plan


def indexes(plan: dict[str, Any], table: str) -> set[str]:
    """The indexes by which a table is read; `Seq Scan` where it is read as a whole."""
    scans = [node for node in nodes(plan) if node.get("Relation Name") == table or "Bitmap Index" in node["Node Type"]]
    return {node.get("Index Name", node["Node Type"]) for node in scans} - {"Bitmap Heap Scan"}


_EXTRA: dict[str, dict[str, Any]] = {
    "metrics": {"processors": 50, "batches": 20},
    "insights": {"zone": "America/New_York", "rows": 20},
}


@pytest.mark.parametrize("name", ["metrics", "insights"])
@pytest.mark.parametrize(
    ("days", "given", "index"),
    [
        (1, {}, "puppet_logs_by_time"),
        (1, {"job_type": "type3"}, "puppet_logs_by_time"),
        (1, {"user_id": "user7"}, "puppet_logs_by_user"),
        (DAYS, {"user_id": "user7"}, "puppet_logs_by_user"),
        (DAYS, {"job_type": "rare"}, "puppet_logs_by_type"),
    ],
    ids=["a day", "a type's day", "a user's day", "all of a user", "all of a rare type"],
)
def test_the_history_is_read_by_index(name: str, days: int, given: dict[str, str], index: str, full: Database) -> None:
    values: dict[str, Any] = {
        "begin": END - timedelta(days=days),
        "until": END,
        "job_type": None,
        "user_id": None,
        **given,
    }
    found = indexes(explained(full, name, **{**values, **_EXTRA[name]}), "puppet_job_execution_logs")
    assert "Seq Scan" not in found
    assert index in found


def test_the_figures_are_those_of_all_rows(full: Database) -> None:
    found = metrics(request(full))
    assert found["totals"]["attempts"] == ROWS * 19 // 20
    assert (found["totals"]["succeeded"], found["totals"]["duplicates"]) == (ROWS * 17 // 20, ROWS // 20)
    assert found["successRate"]["perAttempt"] == round(17 / 19, 4)
    assert sum(row["count"] for row in found["errors"]) == ROWS // 10
    assert sum(row["attempts"] for row in found["processors"]) == found["totals"]["attempts"]
    assert len(found["batches"]) == 20


def test_the_trends_add_up(full: Database) -> None:
    found = insights(request(full, top=100))
    attempts = found["totals"]["attempts"]
    assert len(found["daily"]) == DAYS + 1
    assert sum(day["attempts"] for day in found["daily"]) == attempts
    assert sum(row["attempts"] for row in found["byType"]) == attempts
    assert sum(row["attempts"] for row in found["hours"]) == attempts
    assert len(found["byUser"]) == 100
    assert found["errorPatterns"][0]["pattern"] in ("no route #", "")


class TestQueue:
    def test_counts_stop_at_the_cap(self, full: Database) -> None:
        found = queue(request(full))
        assert found["states"]["due"] == {"count": CAP, "isCapped": True}
        assert found["states"]["later"] == {"count": CAP, "isCapped": True}
        assert found["states"]["running"] == {"count": 20, "isCapped": False}
        assert found["byUser"][0]["userId"] == "whale"
        assert found["oldestAgeSeconds"] >= JOBS - 1

    def test_it_reads_no_more_than_it_counts(self, full: Database) -> None:
        plan = explained(full, "queue", ", ANALYZE, BUFFERS", cap=CAP, rows=20)
        assert indexes(plan, "puppet_jobs") == {"puppet_jobs_by_time", "puppet_jobs_in_flight", "puppet_jobs_age"}
        read = [node["Actual Rows"] * node["Actual Loops"] for node in nodes(plan) if node.get("Relation Name")]
        assert max(read) <= CAP + 1
        # Two windows: for each row its page at most, and the pages of the index.
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 2 * CAP + 1000

    @pytest.mark.parametrize(("name", "values"), [("backlog", {}), ("stuck", {"stuck_after_s": 300, "grace_s": 120})])
    def test_health_asks_for_little(self, name: str, values: dict[str, Any], full: Database) -> None:
        plan = explained(full, name, ", ANALYZE, BUFFERS", **values)
        assert "Seq Scan" not in indexes(plan, "puppet_jobs")
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 100
