"""Whatever the size of a table, retention reads no more of it than what it removes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from housekeeping.retaining import limit_of, statement_of
from housekeeping.rules import RULES, Rule
from housekeeping.settings import load_settings
from nightshift.sql import render
from tests.integration.housekeeping.aged import GROUND, REMOVABLE
from tests.support.databases import DatabaseServer

# Much is young, some is old, and a batch takes a part of that.
_YOUNG, _OLD, _BATCH = 5000, 400, 50


@pytest.fixture(scope="module")
def plans(database_server: DatabaseServer) -> Iterator[dict[str, str]]:
    """The plan of every rule, for a batch of what is old."""
    with database_server.database() as url:
        connection = database_server.connect(url.rpartition("/")[2])
        connection.run(GROUND)
        for insert in REMOVABLE.values():
            for age, number in (("interval '1 hour'", _YOUNG), ("interval '5000 days'", _OLD)):
                connection.run(insert.replace(":age", age).replace(":n", str(number)))
        connection.run("ANALYZE")
        found = {}
        for rule in RULES:
            days = limit_of(rule, load_settings({}))
            text = render(statement_of(rule), {"after": "-infinity", "days": days, "size": _BATCH})
            connection.run("BEGIN")
            guards, removal = text.split("WITH old", 1)
            connection.run(guards)
            rows = connection.run(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) WITH old{removal}")
            connection.run("ROLLBACK")
            found[rule.table] = "\n".join(row[0] for row in rows)
        connection.close()
        yield found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.table)
def test_a_rule_reads_what_is_old_by_index(rule: Rule, plans: dict[str, str]) -> None:
    plan = plans[rule.table]

    assert "Seq Scan" not in plan, plan
    assert "Bitmap" not in plan, plan
    # No sorting and no counting of more than it takes.
    assert "Sort" not in plan, plan
    # Found by age, not read from end to end; removed by place.
    assert re.search(r"Index (Only )?Scan (Backward )?using \S+ on \w+ t\b[^\n]*\n\s*Index Cond: [^\n]*<", plan), plan
    assert f"Tid Scan on {rule.table}" in plan, plan
    assert f"Delete on {rule.table} (actual rows={_BATCH}" in plan, plan
