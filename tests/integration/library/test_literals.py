"""Values go to PostgreSQL as literals and come back the same, whatever they hold."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nightshift.connecting import Address
from nightshift.database import Database
from nightshift.errors import DatabaseError
from nightshift.sql import literal
from tests.support.databases import DatabaseServer

# One database for all: what is written here is never stored.
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
# What tends to end a literal too early.
BREAKOUT = st.lists(st.sampled_from(["'", '"', "\\", "--", "/*", "*/", "$$", "$a$", ";", ":a", "%s", "\n", "E'"])).map(
    "".join
)
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXT | BREAKOUT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
ZONES = st.integers(-15 * 60 + 1, 15 * 60 - 1).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.fixture(scope="module")
def shared(database_server: DatabaseServer) -> Iterator[Database]:
    with database_server.database(migrated=False) as url:
        database = Database(lambda **_: Address.from_url(url))
        yield database
        database.close()


def back(database: Database, value: Any, kind: str) -> Any:
    return database.read(f"SELECT :value::{kind} AS value", value=value)[0]["value"]


@quick
@given(TEXT | BREAKOUT)
def test_text(shared: Database, value: str) -> None:
    assert back(shared, value, "text") == value


@quick
@given(st.integers(-(2**63), 2**63 - 1), st.integers())
def test_whole_numbers(shared: Database, small: int, any_size: int) -> None:
    assert back(shared, small, "bigint") == small
    assert back(shared, any_size, "numeric") == any_size


@quick
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats(shared: Database, value: float) -> None:
    assert math.isclose(back(shared, value, "float8"), value, rel_tol=0, abs_tol=0)


@quick
@given(st.decimals(allow_nan=False, allow_infinity=False).filter(lambda d: abs(d.adjusted()) < 10_000))
def test_decimals_keep_every_digit(shared: Database, value: Decimal) -> None:
    assert Decimal(shared.read("SELECT :value::numeric::text AS value", value=value)[0]["value"]) == value


@quick
@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.floats(-10, 10))
def test_a_minus_before_a_negative_number_is_no_comment(shared: Database, a: int, b: int, c: float) -> None:
    row = shared.read("SELECT :a -:b AS difference, 5-:b AS other, -:c::float8 AS minus", a=a, b=b, c=c)[0]
    assert (row["difference"], row["other"], row["minus"]) == (a - b, 5 - b, -c)


@quick
@given(st.datetimes(min_value=datetime(1900, 1, 1), timezones=ZONES), st.datetimes(), st.dates())  # noqa: DTZ001
def test_times(shared: Database, moment: datetime, naive: datetime, day: date) -> None:
    epoch = shared.read("SELECT extract(epoch FROM :value::timestamptz) AS value", value=moment)[0]["value"]
    assert epoch == Decimal((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)) / 1_000_000
    assert back(shared, naive, "timestamp") == naive
    assert back(shared, day, "date") == day


@quick
# An interval counts 64 bits of microseconds.
@given(st.timedeltas(timedelta(days=-(10**8)), timedelta(days=10**8)))
def test_time_spans(shared: Database, span: timedelta) -> None:
    # The driver misreads negative spans, so PostgreSQL itself counts them.
    seconds = shared.read("SELECT extract(epoch FROM :span::interval) AS seconds", span=span)[0]["seconds"]
    assert seconds == Decimal(span // timedelta(microseconds=1)) / 1_000_000


@quick
@given(st.lists(JSON, max_size=3) | st.dictionaries(TEXT, JSON, max_size=3))
def test_json(shared: Database, value: Any) -> None:
    assert json.loads(shared.read("SELECT :value::json::text AS value", value=value)[0]["value"]) == value
    if "\\u0000" not in json.dumps(value):
        assert back(shared, value, "jsonb") == value


def test_json_that_jsonb_cannot_hold_is_postgresqls_to_refuse(shared: Database) -> None:
    with pytest.raises(DatabaseError, match=r"Unicode escape .*22P05"):
        back(shared, {"a": "\x00"}, "jsonb")
    assert back(shared, "after", "text") == "after"


@quick
@given(
    st.lists(st.sampled_from([BREAKOUT, TEXT, st.integers(), JSON]).flatmap(lambda kind: kind), min_size=3, max_size=3)
)
def test_no_value_reaches_into_another(shared: Database, values: list[Any]) -> None:
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    row = shared.read(
        "SELECT :a AS a /* :c ' */, ':b' AS kept, :b AS b, :c AS c -- :a", a=texts[0], b=texts[1], c=texts[2]
    )
    assert list(row[0].values()) == [texts[0], ":b", texts[1], texts[2]]


@pytest.mark.parametrize(
    "attempt",
    [
        "x'; DROP TABLE victims; --",
        "x\\'; DROP TABLE victims; --",
        "'; COMMIT; DROP TABLE victims; BEGIN; SELECT '",
        "$$; DROP TABLE victims; $$",
        "*/; DROP TABLE victims; /*",
        "\u02bc; DROP TABLE victims; --",
        "x'); DROP TABLE victims; --",
    ],
)
def test_an_injection_is_only_text(shared: Database, attempt: str) -> None:
    shared.write("CREATE TABLE IF NOT EXISTS victims (note text)")
    assert shared.write("INSERT INTO victims VALUES (:note) RETURNING note", note=attempt) == [{"note": attempt}]
    assert shared.read("SELECT note FROM victims WHERE note = :note", note=attempt)[0] == {"note": attempt}
    assert json.loads(back(shared, json.dumps([attempt]), "text")) == [attempt]
    assert literal(attempt).count("'") % 2 == 0
