"""The pages of the domains where there is nothing, and where there is very much."""

from __future__ import annotations

import pytest

from tests.integration.pages.conftest import Visitor
from tests.support import domains
from tests.support.dashboard import Dashboard


@pytest.mark.parametrize(("path", "said"), [
    ("/checks", "No product has been checked yet."),
    ("/checks?status=failed", "No check is like that."),
    ("/checks?view=slow", "No check took that long."),
    ("/checks?view=shops", "No product has been checked in the last day."),
    ("/notifications", "Nobody has been told anything yet."),
    ("/notifications?kind=sale", "No notification is like that."),
    ("/queue", "Nothing is due or in flight."),
    ("/insights", "No attempt has ended in this time."),
    ("/locks", "No lock is held: no job is at work."),
    ("/locks?name=x", "No lock has this in its name."),
    ("/audit", "Nobody has changed anything yet."),
    ("/audit?since=2026-01-01", "No entry is like that."),
])  # fmt: skip
def test_where_there_is_nothing_it_is_said(dashboard: Dashboard, path: str, said: str) -> None:
    seen = Visitor(dashboard).get(path)

    assert seen.status == 200
    assert said in seen.text
    if path not in ("/insights", "/queue"):
        assert seen.rows == []
        format_of = f"{path}{'&' if '?' in path else '?'}format="
        assert len(Visitor(dashboard).get(f"{format_of}csv").html.splitlines()) == 1


def test_a_long_queue_is_counted_up_to_a_cap(dashboard: Dashboard) -> None:
    dashboard.write(f"TRUNCATE {', '.join(domains.TABLES)} CASCADE")
    dashboard.write(
        "INSERT INTO puppet_jobs (user_id, job_type, scheduled_at)"
        " SELECT 'shop', 'visit_profile', now() - interval '2 days' FROM generate_series(1, 10050)"
    )

    seen = Visitor(dashboard).get("/queue")

    assert "Due now 10 000+ Oldest is due for 2 d 0 h" in seen.text
    assert "Counts stop at 10 000 and then carry a plus" in seen.text
