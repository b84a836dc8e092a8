"""No statement reads a large table from end to end: each query, function and trigger is carried out and looked at.

A new query fails here until samples.py has values for it; what may read much is in reasons.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.translated import ROOT
from nightshift.sql import render
from tests.integration.plans.queries import SOURCES, every_query
from tests.integration.plans.reading import Carried, carried_out, listen
from tests.integration.plans.reasons import ELSEWHERE, READS_MUCH, SMALL, SQL_IN_CODE
from tests.integration.plans.samples import CALLS, SAMPLES
from tests.support.databases import DatabaseServer

ROWS: Final = 6000
_MUCH: Final = ROWS // 5
# So many rows are little to read as a whole. The planner is told that a page costs as if there were many times as many.
_AS_IF_LARGE: Final = "SET seq_page_cost = 4; SET cpu_tuple_cost = 0.04"
# As a vacuum leaves a table in which every row is over, and none can be given back yet: one row is all that the planner
# then expects, until it is analysed a minute later.
_RUN_EMPTY: Final = (
    "alerts", "idempotency_keys", "inventory_reservations", "invite_attempts", "invite_cooldowns", "mail_suppressions",
    "mail_unsubscriptions", "mails", "notifications", "puppet_jobs", "puppet_lanes", "puppet_turns",
)  # fmt: skip
_BELIEVE: Final = """
    DELETE FROM pg_statistic WHERE starelid = ANY ({tables}::regclass[]);
    UPDATE pg_class SET reltuples = 0 WHERE oid = ANY ({tables}::regclass[])
        OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ANY ({tables}::regclass[]))
"""
# References whose rows are not found by an index when what they refer to is deleted.
_UNINDEXED: Final = """
    SELECT c.conrelid::regclass || '.' || a.attname
    FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND NOT EXISTS (
        SELECT FROM pg_index AS i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1]
          AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)', a.attname)))
"""
_OURS: Final = "namespace = 'public'::regnamespace"
QUERIES: Final = sorted(query for query in every_query() if str(query) not in ELSEWHERE)
STATEMENTS: Final = [*map(str, QUERIES), *CALLS]
_SQL: Final = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s+[\w:(*]+[\s(,].*", re.DOTALL)


@dataclass(frozen=True, repr=False)
class Found:
    """What each statement read: by rights, and where the planner takes what runs empty for empty."""

    known: Mapping[str, list[Carried]]
    unknown: Mapping[str, list[Carried]]
    tables: frozenset[str]
    functions: Mapping[str, str]
    unindexed: Sequence[str]


def statements() -> Iterator[tuple[str, str]]:
    for query in QUERIES:
        values = SAMPLES.get((query.package, query.name), [])
        yield from (
            (str(query), render(query.text, each)) for each in (values if isinstance(values, list) else [values])
        )
    yield from CALLS.items()


def carried(connection: Any) -> dict[str, list[Carried]]:
    found: dict[str, list[Carried]] = {}
    for name, statement in statements():
        found.setdefault(name, []).extend(carried_out(connection, statement))
    return found


@pytest.fixture(scope="module")
def found(database_server: DatabaseServer) -> Iterator[Found]:
    with database_server.database() as url, closing(database_server.connect(url.rpartition("/")[2])) as connection:
        connection.run(Path(__file__).with_name("ground.sql").read_text("utf-8").replace(":n", str(ROWS)))
        connection.run("ANALYZE")
        tables = connection.run(f"SELECT relname FROM pg_class WHERE rel{_OURS} AND relkind IN ('r', 'S')")
        functions = connection.run(f"SELECT proname, prosrc FROM pg_proc WHERE pro{_OURS}")
        unindexed = [str(row[0]) for row in connection.run(_UNINDEXED)]
        listen(connection)
        connection.run(_AS_IF_LARGE)
        known = carried(connection)
        connection.run(_BELIEVE.format(tables=f"'{{{','.join(_RUN_EMPTY)}}}'"))
        yield Found(known, carried(connection), frozenset(row[0] for row in tables), dict(functions), unindexed)


def test_every_query_has_values_to_be_tried_with() -> None:
    named = [(query.package, query.name) for query in every_query()]

    assert len(named) == len(set(named)), "two queries of one package share a name"
    assert {f"{package}.{name}" for package, name in named} == {
        *(f"{package}.{name}" for package, name in SAMPLES), *ELSEWHERE,
    }, "samples.py lacks values for a query, or has some for one that is gone"  # fmt: skip


def test_no_statement_lies_in_the_code() -> None:
    files = (file for source in SOURCES for file in source.rglob("*.py"))
    with_sql = {str(file.relative_to(ROOT)) for file in files if any(map(_SQL.fullmatch, texts(file)))}

    assert with_sql == set(SQL_IN_CODE)


def texts(file: Path) -> Iterator[str]:
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    return (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_large_table_is_read_as_a_whole(found: Found, name: str) -> None:
    read = {
        scan.table: (scan, each.context or each.text)
        for each in found.known[name]
        for scan in each.scans
        if scan.table not in SMALL and (scan.kind == "Seq Scan" or scan.rows > _MUCH)
    }

    assert {table: what for table, what in read.items() if (name, table) not in READS_MUCH} == {}


@pytest.mark.parametrize("name", STATEMENTS)
def test_nothing_is_read_again_and_again_where_the_planner_expects_nothing(found: Found, name: str) -> None:
    read = [scan for each in found.unknown[name] for scan in each.scans if scan.rows > 2 * ROWS]

    assert read == []


def test_every_exception_is_needed(found: Found) -> None:
    read = {(name, scan.table) for name, all_of in found.known.items() for each in all_of for scan in each.scans}

    assert set(READS_MUCH) <= read
    assert set(SMALL) <= found.tables
    assert set(_RUN_EMPTY) <= found.tables - set(SMALL)


def test_every_function_was_carried_out(found: Found) -> None:
    said = "\n".join(f"{each.context}\n{each.text}" for all_of in found.known.values() for each in all_of)
    tables = re.compile(rf"\b(FROM|JOIN|UPDATE|INTO)\s+({'|'.join(found.tables)})\b")
    reading = {name for name, body in found.functions.items() if tables.search(re.sub(r"--.*", "", body))}

    # By its name where it was called, also where its body has become a part of the caller's statement.
    assert {name for name in reading if not re.search(rf"\b{name}\b\W", said)} == set()


def test_what_refers_to_a_row_is_found_by_an_index(found: Found) -> None:
    assert found.unindexed == []
