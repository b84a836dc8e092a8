"""Bounded parameters: tables of what is taken and refused, and nothing but ValueError for anything else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightshift.parameters import Choice, Flag, Integer, Parameter, Text, parse_all, parse_each

LIMIT = Integer("limit", 1, 50, default=20)
SLUG = Text("slug", max_length=8, pattern=r"[a-z]+|[0-9]+", form="letters or digits")
NAME = Text("name", max_length=5)
COLOUR = Choice("colour", ("red", "green"))
FORCE = Flag("force")
ALL: tuple[Parameter, ...] = (LIMIT, SLUG, NAME, COLOUR, FORCE)

ANYTHING: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("parameter", "raw", "value"),
    [
        (LIMIT, 1, 1),
        (LIMIT, "50", 50),
        (LIMIT, "007", 7),
        (Integer("n", -5, 5), "-5", -5),
        (SLUG, "abc", "abc"),
        (SLUG, "12345678", "12345678"),
        (NAME, "é o k", "é o k"),
        (COLOUR, "red", "red"),
        (FORCE, True, True),
        (FORCE, "false", False),
    ],
)
def test_what_is_taken(parameter: Parameter, raw: Any, value: Any) -> None:
    assert parameter.parse(raw) == value


@pytest.mark.parametrize(
    ("parameter", "raws", "right"),
    [
        (LIMIT, [0, 51, "", " 5", "5\n", "5.0", 5.0, "+5", True, None, [5], "1" * 30], "a whole number from 1 to 50"),
        (LIMIT, ["\u0665", "\uff15"], "a whole number from 1 to 50"),
        (SLUG, ["", "abc1", "1abc", "abc\n", "a" * 9, 5, None, ["abc"]], "letters or digits"),
        (NAME, ["", "a\x00", "a\nb", "sixsix", "\u202ea", "\ud800"], "a text of 1 to 5 characters"),
        (COLOUR, ["", "RED", "red ", None, ["red"], {"red": 1}], "one of red, green"),
        (FORCE, ["True", "yes", 1, 0, None, []], "true or false"),
    ],
)  # fmt: skip
def test_what_is_refused_and_what_would_be_right(parameter: Parameter, raws: list[Any], right: str) -> None:
    for raw in raws:
        with pytest.raises(ValueError, match=re.escape(f"{parameter.name} must be {right}")):
            parameter.parse(raw)


@given(st.sampled_from(ALL), ANYTHING)
def test_nothing_but_value_error_is_raised_and_what_is_taken_is_within_bounds(parameter: Parameter, raw: Any) -> None:
    try:
        value = parameter.parse(raw)
    except ValueError as error:
        assert str(error).startswith(f"{parameter.name} must be ")  # noqa: PT017  # either is fine
        return
    assert parameter.parse(value) == value
    if parameter is LIMIT:
        assert 1 <= value <= 50


def test_the_pattern_of_the_schema_means_what_parse_means() -> None:
    pattern = SLUG.schema()["pattern"]
    for raw in ("abc", "123", "abc1", "1abc", ""):
        taken = bool(re.search(pattern, raw))
        assert taken is bool(re.fullmatch(r"[a-z]+|[0-9]+", raw)), raw


def test_every_problem_is_listed_and_defaults_are_filled_in() -> None:
    values, problems = parse_all(ALL, {"limit": 99, "colour": "blue", "x": 1, "slug": "ok", "name": None}, "params.")
    assert values == {"limit": 20, "slug": "ok", "name": None, "colour": None, "force": False}
    assert problems == [
        "params.x is not known here (known: colour, force, limit, name, slug)",
        "params.limit must be a whole number from 1 to 50",
        "params.colour must be one of red, green",
    ]


def test_what_is_required_and_missing_is_a_problem_of_its_own() -> None:
    _, problems = parse_each((NAME, COLOUR), {"colour": None}, required=["name", "colour"])
    assert problems == {"name": "name is missing", "colour": "colour is missing"}
