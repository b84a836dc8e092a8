"""Placeholders in SQL text: where they are replaced, where they are only text, and what cannot be written."""

from __future__ import annotations

import tracemalloc
from datetime import time as time_of_day
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from uuid import UUID

import pytest

from nightshift.sql import literal, queries, render


@pytest.mark.parametrize(
    ("statement", "rendered"),
    [
        ("SELECT :n", "SELECT (1)"),
        ("SELECT :n::bigint", "SELECT (1)::bigint"),
        ("SELECT a::n, :n", "SELECT a::n, (1)"),
        ("SELECT x[1:n], :n", "SELECT x[1:n], (1)"),
        ("SELECT ':n', :n", "SELECT ':n', (1)"),
        ("SELECT 'it''s :n', :n", "SELECT 'it''s :n', (1)"),
        ("SELECT '''', :n, ':n'", "SELECT '''', (1), ':n'"),
        ('SELECT 1 AS ":n", :n', 'SELECT 1 AS ":n", (1)'),
        ('SELECT 1 AS "a"":n", :n', 'SELECT 1 AS "a"":n", (1)'),
        ("SELECT $$:n ' $$, :n", "SELECT $$:n ' $$, (1)"),
        ("SELECT $a$ $$ :n $b$ $a$, :n", "SELECT $a$ $$ :n $b$ $a$, (1)"),
        ("SELECT :n -- not :n, don't\n, :n", "SELECT (1) -- not :n, don't\n, (1)"),
        ("SELECT /* :n ' \n :n */ :n", "SELECT /* :n ' \n :n */ (1)"),
        ("SELECT :n:n", "SELECT (1):n"),
        ("SELECT (:n)", "SELECT ((1))"),
        ("SELECT ':n' || :n || ':n'", "SELECT ':n' || (1) || ':n'"),
    ],
)
def test_a_placeholder_is_replaced_where_it_is_one(statement: str, rendered: str) -> None:
    assert render(statement, {"n": 1}) == rendered


def test_a_value_is_not_searched_for_placeholders() -> None:
    assert render("SELECT :a, :b", {"a": ":b", "b": "$$:a"}) == "SELECT ':b', '$$:a'"


@pytest.mark.parametrize("value", ["x' :n", "'", "''", ":n", "--", "/*", "$$", "$a$", '"', "\\' :n", "a:n"])
def test_what_is_rendered_can_be_part_of_a_statement_that_is_rendered_again(value: str) -> None:
    once = render("SELECT :value", {"value": value})
    assert render(f"{once}, :n", {"n": 1}) == f"{once}, (1)"


def test_a_name_without_a_value_is_named() -> None:
    with pytest.raises(KeyError, match="missing"):
        render("SELECT :missing", {})


def test_a_value_without_a_placeholder_is_named() -> None:
    with pytest.raises(KeyError, match="limt, other"):
        render("SELECT :limit, ':other'", {"limit": 1, "limt": 2, "other": 3})


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -float("inf"), Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity")],
)
def test_a_number_that_is_not_finite_is_refused(value: float | Decimal) -> None:
    with pytest.raises(ValueError, match="not finite"):
        literal(value)


def test_json_holds_no_nan_either() -> None:
    with pytest.raises(ValueError, match="JSON"):
        literal({"price": float("nan")})


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "half \udfff"])
def test_text_that_postgresql_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"NUL|surrogate"):
        literal(text)


@pytest.mark.parametrize("value", [b"x", {1, 2}, object(), time_of_day(1), 1j, iter([1])])
def test_a_value_of_another_kind_is_refused_by_its_name(value: object) -> None:
    with pytest.raises(ValueError, match=f"a {type(value).__name__} cannot"):
        literal(value)


class Colour(StrEnum):
    RED = "red"


class Old(str, Enum):  # noqa: UP042  # older code has such enumerations, and str() of them says `Old.RED`
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "NULL"),
        (True, "TRUE"),
        (False, "FALSE"),
        (-5, "(-5)"),
        (10**400, f"({10**400})"),
        (Decimal("1E+999"), "(1E+999)"),
        (1e300, "(1e+300)"),
        ("o'clock", "'o''clock'"),
        ("back\\slash", "'back\\slash'"),
        (UUID(int=7), "'00000000-0000-0000-0000-000000000007'"),
        (Colour.RED, "'red'"),
        (Old.RED, "'red'"),
        (Level.HIGH, "(3)"),
        ([1, "o'x"], "'[1, \"o''x\"]'"),
    ],
)
def test_how_values_are_written(value: object, written: str) -> None:
    assert literal(value) == written


@pytest.mark.parametrize("text", ["x" * 1_000_000, "'" * 500_000])
def test_a_long_literal_is_passed_over_without_a_thought_for_each_character(text: str) -> None:
    long = render("SELECT :text", {"text": text})
    tracemalloc.start()
    assert render(f"{long}, :n", {"n": 1}).endswith(", (1)")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A pattern that can take a character back remembers each: a hundred times the memory of the text itself.
    assert peak < 70 * len(text)


def test_named_queries_keep_their_own_text() -> None:
    found = queries("nightshift")
    assert found["progress_run"].startswith("UPDATE job_runs")
    assert "-- name" not in "".join(found.values())
