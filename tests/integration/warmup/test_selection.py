"""Which comparisons are warmed: those that a plain condition would choose, found without reading the table."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pg8000.native
import pytest

from nightshift.connecting import Address
from nightshift.database import Database
from nightshift.sql import queries, render
from tests.support.databases import DatabaseServer
from warmup import comparisons

SQL = queries("warmup")
# The rule as the text of the job says it; slow, and so nothing but a measure.
PLAIN = {
    "popular_for_forecasts": (
        "views > 0 OR last_visited_at > now() - interval '7 days' OR created_at > now() - interval '7 days'"
    ),
    "popular_for_explanations": "views >= 10 OR last_visited_at > now() - interval '30 days'",
}
ORDER = "views DESC, last_visited_at DESC NULLS LAST, created_at DESC, id DESC"
MANY = 200_000


@pytest.fixture(scope="module")
def server_and_url(database_server: DatabaseServer) -> Iterator[tuple[DatabaseServer, str]]:
    with database_server.database() as url:
        yield database_server, url


@pytest.fixture(scope="module")
def connection(server_and_url: tuple[DatabaseServer, str]) -> Iterator[pg8000.native.Connection]:
    server, url = server_and_url
    own = server.connect(url.rpartition("/")[2])
    yield own
    own.close()


@pytest.fixture
def database(server_and_url: tuple[DatabaseServer, str]) -> Iterator[Database]:
    address = Address.from_url(server_and_url[1])
    own = Database(lambda **_: address)
    yield own
    own.close()


def _fill(connection: pg8000.native.Connection, rows: list[dict[str, Any]]) -> None:
    connection.run("TRUNCATE comparisons RESTART IDENTITY")
    statement = render(
        """
        INSERT INTO comparisons (slug, term_a, term_b, views, last_visited_at, created_at)
        SELECT 'pair-' || n, 'a', 'b', views, visited, created
        FROM jsonb_to_recordset(:rows::jsonb) AS s(n int, views bigint, visited timestamptz, created timestamptz)
        """,
        {"rows": rows},
    )
    connection.run(statement)


def _row(number: int, views: int, visited_days: float | None, created_days: float) -> dict[str, Any]:
    now = datetime.now(UTC)
    visited = None if visited_days is None else (now - timedelta(days=visited_days)).isoformat()
    return {
        "n": number,
        "views": views,
        "visited": visited,
        "created": (now - timedelta(days=created_days)).isoformat(),
    }


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", PLAIN)
def test_it_chooses_what_the_plain_condition_would(
    name: str, seed: int, connection: pg8000.native.Connection, database: Database
) -> None:
    chance = random.Random(seed)  # noqa: S311  # no secret
    # Few values, so that there are equals; visits before the creation as well.
    days = [0, 3, 6.9, 7.1, 20, 29.9, 30.1, 400]
    rows = [
        _row(number, chance.choice([0, 0, 0, 1, 9, 10, 11]), chance.choice([None, *days]), chance.choice(days))
        for number in range(120)
    ]
    _fill(connection, rows)
    for limit in (1, 7, 40, 200):
        chosen = [row["id"] for row in database.read(SQL[name], limit=limit)]
        plain = f"SELECT id FROM comparisons WHERE {PLAIN[name]} ORDER BY {ORDER} LIMIT {limit}"

        assert chosen == [row["id"] for row in database.read(plain)]


def test_equals_share_a_place(connection: pg8000.native.Connection, database: Database) -> None:
    first, second = _row(1, 5, 1, 2), _row(3, 4, 1, 2)
    _fill(connection, [first, {**first, "n": 2}, second])

    assert [(each.slug, each.place) for each in comparisons.popular_for_forecasts(database, 10)] == [
        ("pair-2", 1),
        ("pair-1", 1),
        ("pair-3", 2),
    ]


def test_what_is_left_over_keeps_its_order(connection: pg8000.native.Connection, database: Database) -> None:
    _fill(connection, [_row(number, 1, None, 0) for number in range(4)])

    assert [each.id for each in comparisons.left_over(database, [3, 1, 99, 2])] == [3, 1, 2]


@pytest.fixture(scope="module")
def large(connection: pg8000.native.Connection) -> pg8000.native.Connection:
    connection.run("TRUNCATE comparisons RESTART IDENTITY")
    connection.run(f"""
        INSERT INTO comparisons (slug, term_a, term_b, views, last_visited_at, created_at)
        SELECT 'pair-' || n, 'a' || n, 'b', CASE WHEN n % 10 = 0 THEN n % 977 ELSE 0 END,
               CASE WHEN n % 4 = 0 THEN now() - n % 90 * interval '1 day' END,
               now() - (n % 275 + CASE WHEN n % 4 = 0 AND n % 1000 <> 0 THEN 90 ELSE 0 END) * interval '1 day'
        FROM generate_series(1, {MANY}) AS n
    """)
    connection.run("ANALYZE comparisons")
    return connection


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


@pytest.mark.parametrize("name", PLAIN)
def test_a_large_table_is_answered_from_the_index(name: str, large: pg8000.native.Connection) -> None:
    limit = 50
    statement = render(SQL[name], {"limit": limit})
    [[explained]] = large.run(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
    nodes = list(_nodes(explained[0]["Plan"]))
    scans = [node for node in nodes if node.get("Relation Name") == "comparisons"]

    assert scans
    for scan in scans:
        assert scan["Node Type"] != "Seq Scan", scan
        # The imported ones have an index of their own, which is short.
        assert scan["Actual Rows"] <= (200 if scan["Node Type"] == "Bitmap Heap Scan" else limit), scan
        assert scan.get("Rows Removed by Filter", 0) <= limit, scan
    # What is sorted is what the parts have found, never the table.
    for node in nodes:
        if "Sort" in node["Node Type"]:
            assert node["Plans"][0]["Actual Rows"] <= 12 * limit, node
    assert explained[0]["Plan"]["Shared Hit Blocks"] + explained[0]["Plan"]["Shared Read Blocks"] < 3000
