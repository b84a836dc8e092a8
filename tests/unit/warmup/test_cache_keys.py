"""Keys of the cache: one for each thing, none for two, and none that DynamoDB would refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warmup import forecasting
from warmup.caching import keys as cache_keys
from warmup.caching.keys import EXPLANATIONS, FORECASTS, Kind
from warmup.comparisons import Candidate
from warmup.explaining.version import EXPLANATIONS_VERSION
from warmup.outlooks.outlook import OUTLOOK_VERSION

TEA = Candidate(1, "tea-vs-coffee", ("tea", "coffee"), "today 5-y", "US", "0" * 32)
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)


def test_the_versions_are_those_of_the_engines() -> None:
    assert FORECASTS.version == f"{forecasting.ENGINE_VERSION}.{OUTLOOK_VERSION}"
    assert EXPLANATIONS.version == EXPLANATIONS_VERSION


def test_a_person_can_read_a_key() -> None:
    assert cache_keys.partition(TEA.slug) == "tea-vs-coffee"
    assert cache_keys.entry(FORECASTS, TEA) == f"forecasts#tea,coffee#today%205-y#US#{'0' * 32}#{FORECASTS.version}"


@pytest.mark.parametrize(
    "other",
    [
        replace(TEA, terms=("coffee", "tea")),
        replace(TEA, terms=("tea,coffee", "")),
        replace(TEA, terms=("te", "a,coffee")),
        replace(TEA, timeframe="today 5-y#US", geo=""),
        replace(TEA, geo="GB"),
        replace(TEA, data_hash="1" * 32),
    ],
    ids=str,
)
def test_whatever_differs_has_another_key(other: Candidate) -> None:
    assert cache_keys.entry(FORECASTS, other) != cache_keys.entry(FORECASTS, TEA)


@given(st.tuples(TEXT, TEXT, TEXT, TEXT, TEXT), st.tuples(TEXT, TEXT, TEXT, TEXT, TEXT))
def test_no_two_subjects_share_a_key(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    keys = [
        cache_keys.entry(FORECASTS, Candidate(1, "x", (a, b), timeframe, geo, data_hash))
        for a, b, timeframe, geo, data_hash in (one, other)
    ]

    assert (keys[0] == keys[1]) == (one == other)


def test_kind_and_version_are_part_of_the_key() -> None:
    keys = {cache_keys.entry(kind, TEA) for kind in (FORECASTS, EXPLANATIONS, Kind("forecasts", "other"))}

    assert len(keys) == 3


def test_the_longest_that_the_database_takes_fits() -> None:
    worst = Candidate(1, "s" * 120, ("\U0001f375" * 100, "#" * 100), "€" * 60, "\U0001f30d" * 60, "0" * 32)

    assert len(cache_keys.partition(worst.slug).encode()) <= 2048
    assert len(cache_keys.failure(Kind("explanations", "v" * 500), worst).encode()) <= 1024


def test_a_text_is_never_taken_for_the_digest_of_another() -> None:
    long = replace(TEA, geo="x" * 500)
    digest = cache_keys.entry(FORECASTS, long).split("#")[3]

    assert cache_keys.entry(FORECASTS, replace(TEA, geo=digest)) != cache_keys.entry(FORECASTS, long)


def test_the_kind_is_told_by_the_key_and_a_failure_is_no_entry() -> None:
    assert cache_keys.kind_of(cache_keys.entry(EXPLANATIONS, TEA)) == "explanations"
    assert cache_keys.is_failure(cache_keys.failure(FORECASTS, TEA))
    assert not cache_keys.is_failure(cache_keys.entry(FORECASTS, TEA))
    assert not cache_keys.is_failure(cache_keys.STATUS)
