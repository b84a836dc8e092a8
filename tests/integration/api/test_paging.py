"""Lists in pages: what is there when the first is asked for is on exactly one, whatever is written meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nightshift.database import Database
from tests.support.door import AS_JOB, Caller


@dataclass(frozen=True)
class Listed:
    """A list of the API: how rows of a few instants get into it, and in which order they come out.

    `insert` takes `:instants`, whole numbers of which some are the same.
    """

    path: str
    items: str
    id: str
    empty: str
    insert: str
    order: str
    query: str = ""


_AT = "timestamptz '2026-11-22T10:00:00.123456Z' + make_interval(secs => n / 1e6)"
_EACH = (
    "FROM jsonb_array_elements_text(:instants::jsonb) WITH ORDINALITY AS given(text, place),"
    " LATERAL (SELECT text::int) AS i(n)"
)
LISTS = (
    Listed(
        "/api/jobs/product-checks/runs", "runs", "runId", "TRUNCATE job_runs",
        "INSERT INTO job_runs (id, job, lock, trigger, status, who, created_at)"
        f" SELECT gen_random_uuid(), 'product-checks', 'l', 'http', 'succeeded', 'w', {_AT} {_EACH}",
        "SELECT id FROM job_runs ORDER BY created_at DESC, id DESC",
    ),
    Listed(
        "/api/audit", "entries", "id", "TRUNCATE audit_log",
        f"INSERT INTO audit_log (at, who, action, subject) SELECT {_AT}, 'w', 'a', 's' {_EACH}",
        "SELECT id FROM audit_log ORDER BY at DESC, id DESC", "subject=s",
    ),
    Listed(
        "/admin/checks/recent", "checks", "id", "TRUNCATE check_runs",
        "INSERT INTO check_runs (product_id, started_at, duration_ms, status)"
        f" SELECT (SELECT min(id) FROM products), {_AT}, 1, 'success' {_EACH}",
        "SELECT id FROM check_runs ORDER BY started_at DESC, id DESC", "status=success",
    ),
    Listed(
        "/api/notifications", "notifications", "id", "TRUNCATE notifications CASCADE",
        "INSERT INTO notifications (event_key, user_id, kind, created_at)"
        f" SELECT gen_random_uuid()::text, (SELECT min(id) FROM users), 'sale', {_AT} {_EACH} ORDER BY place",
        "SELECT id FROM notifications ORDER BY id DESC", "userId=1",
    ),
    Listed(
        "/api/notifications/deliveries", "deliveries", "id", "TRUNCATE notifications CASCADE",
        "INSERT INTO notifications (event_key, user_id, kind, created_at)"
        f" SELECT gen_random_uuid()::text, (SELECT min(id) FROM users), 'sale', {_AT} {_EACH} ORDER BY place",
        "SELECT id FROM notifications ORDER BY id DESC", "kind=sale",
    ),
)  # fmt: skip
INSTANTS = st.lists(st.integers(0, 3), max_size=14)


def _walk(call: Caller, listed: Listed, limit: int, between: list[list[int]], database: Database) -> list[Any]:
    """The ids on all pages; behind each page some rows are written, at old instants and at new ones."""
    seen: list[Any] = []
    cursor = ""
    while True:
        query = "&".join(filter(None, (listed.query, f"limit={limit}", cursor)))
        page = call("GET", listed.path, AS_JOB, query=query)
        assert page.status == 200, page.text
        seen += [item[listed.id] for item in page.body[listed.items]]
        assert len(page.body[listed.items]) <= limit
        if page.body["nextCursor"] is None:
            return seen
        if between:
            database.write(listed.insert, instants=between.pop())
        cursor = f"cursor={page.body['nextCursor']}"


@pytest.mark.parametrize("listed", LISTS, ids=lambda listed: listed.path)
def test_no_row_is_lost_or_shown_twice(real_call: Caller, database: Database, listed: Listed) -> None:
    @given(before=INSTANTS, limit=st.integers(1, 5), between=st.lists(INSTANTS, max_size=2))
    @example(before=[0] * 7, limit=2, between=[])
    @example(before=[1, 1, 0, 1, 0, 0, 1], limit=2, between=[[0, 1, 2], [0, 1, 2]])
    @settings(max_examples=min(settings().max_examples, 200) // 10, suppress_health_check=list(HealthCheck))
    def hold(before: list[int], limit: int, between: list[list[int]]) -> None:
        database.write(f"{listed.empty}; {listed.insert}", instants=before)
        there = [_shown(row["id"]) for row in database.read(listed.order)]
        seen = _walk(real_call, listed, limit, list(between), database)
        final = [_shown(row["id"]) for row in database.read(listed.order)]

        assert [row for row in seen if row in there] == there
        assert len(seen) == len(set(seen))
        assert seen == [row for row in final if row in seen]

    hold()


def _shown(name: Any) -> Any:
    return name if isinstance(name, int) else str(name)
