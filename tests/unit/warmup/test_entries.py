"""Entries of the cache: how long they are good, and that they come out as they went in."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warmup.caching import entries
from warmup.caching.entries import Freshness
from warmup.caching.keys import FORECASTS
from warmup.comparisons import Candidate
from warmup.errors import CorruptEntry, EntryTooLarge

HOUR_MS = 3_600_000
MADE_MS = 1_800_000_000_000
JSON = st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=200), st.integers(), st.none()), max_size=30)


def _candidate(number: int = 0) -> Candidate:
    return Candidate(number, f"pair-{number}", ("tea", "coffee"), "today 5-y", "US", "0" * 32)


def _entry(number: int = 0, bundle: dict[str, Any] | None = None) -> entries.Entry:
    return entries.new(FORECASTS, _candidate(number), bundle or {"a": 1}, made_ms=MADE_MS, run_id="run")


def test_it_is_fresh_then_stale_then_missing_by_its_total_age() -> None:
    entry = _entry()

    assert entry.freshness(MADE_MS) is Freshness.FRESH
    assert entry.freshness(entry.fresh_until_ms - 1) is Freshness.FRESH
    assert entry.freshness(entry.fresh_until_ms) is Freshness.STALE
    assert entry.freshness(entry.ends_ms - 1) is Freshness.STALE
    assert entry.freshness(entry.ends_ms) is Freshness.MISSING
    assert entry.ends_ms - entry.fresh_until_ms == (30 - 7) * 24 * HOUR_MS


def test_it_ends_a_little_early_by_its_key_and_always_alike() -> None:
    early = [(7 * 24 * HOUR_MS - (_entry(number).fresh_until_ms - MADE_MS)) / HOUR_MS for number in range(200)]

    # The run of a week later finds all of them due, also where the first one took two hours; not all end at once.
    assert 3 <= min(early) < 4
    assert 14 < max(early) <= 15
    assert _entry(7) == _entry(7)


def test_what_dynamodb_deletes_by_is_not_before_its_end() -> None:
    entry = _entry()

    assert 0 <= entry.item()["expires_s"] * 1000 - entry.ends_ms < 1000


@given(JSON)
def test_what_goes_in_comes_out(bundle: dict[str, Any]) -> None:
    packed = entries.pack(bundle)

    assert entries.unpack(packed) == bundle
    assert packed == entries.pack(bundle)


def test_what_is_short_stays_text_that_people_can_read() -> None:
    assert entries.pack({"term": "thé"}) == '{"term":"thé"}'
    long = {"points": list(range(1000))}
    packed = entries.pack(long)
    assert isinstance(packed, bytes)
    assert len(packed) < len(json.dumps(long)) / 2


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_what_is_not_json_is_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        entries.pack({"value": value})


def test_what_does_not_fit_is_refused() -> None:
    import random

    noise = random.Random(1).randbytes(400 * 1024).hex()  # noqa: S311  # no secret

    with pytest.raises(EntryTooLarge, match="bytes"):
        entries.pack({"noise": noise})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no gzip",
        gzip.compress(b"{}", mtime=0)[:-5],
        gzip.compress(b"\x00\xff", mtime=0),
        gzip.compress(b"[1]", mtime=0),
        gzip.compress(b"{" * 100_000, mtime=0),
        "",
        "[]",
        "{",
        "[" * 100_000,
    ],
    ids=lambda body: str(body[:12]),
)
def test_what_cannot_be_read_is_said_to_be_corrupt(body: str | bytes) -> None:
    with pytest.raises(CorruptEntry):
        entries.unpack(body)


@pytest.mark.parametrize("missing", ["made_ms", "fresh_until_ms", "ends_ms", "body"])
def test_an_item_that_lacks_something_is_corrupt(missing: str) -> None:
    item = {"sk": "forecasts#x", **_entry().item()}
    del item[missing]

    with pytest.raises(CorruptEntry):
        entries.stored("pair-0", item)


def test_an_entry_is_the_same_after_it_was_stored() -> None:
    entry = _entry(3, {"points": list(range(1000))})

    assert entries.stored(entry.slug, {"sk": entry.key, **entry.item()}) == entry
