"""The cache in DynamoDB: the newer one stays, the old one is never lost first, what is broken is passed over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.warmup.shelf import DAY_MS, Shelf
from tests.support.aws import CACHE_TABLE, LOCK_TABLE
from warmup.caching import entries
from warmup.caching import keys as cache_keys
from warmup.caching.cache import Cache
from warmup.caching.entries import Entry, Freshness
from warmup.caching.keys import EXPLANATIONS, FORECASTS
from warmup.caching.statuses import State
from warmup.comparisons import Candidate
from warmup.errors import CacheUnavailable, NothingCached

TEA = Candidate(1, "tea-vs-coffee", ("tea", "coffee"), "today 5-y", "US", "0" * 32)


def _entry(made_ms: int, **bundle: Any) -> Entry:
    return entries.new(FORECASTS, TEA, bundle or {"made": made_ms}, made_ms=made_ms, run_id="run")


def _break(shelf: Shelf, entry: Entry, **attributes: Any) -> None:
    """Overwrite attributes of a stored entry by what should not be there."""
    dynamodb = shelf.aws.client("dynamodb")
    key = {"pk": {"S": cache_keys.partition(entry.slug)}, "sk": {"S": entry.key}}
    for name, value in attributes.items():
        dynamodb.update_item(
            TableName=CACHE_TABLE,
            Key=key,
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )


def test_one_query_reads_all_of_a_comparison(shelf: Shelf) -> None:
    forecast = shelf.cached(FORECASTS, TEA, points=list(range(1000)))
    explanation = shelf.cached(EXPLANATIONS, TEA, text="short")
    shelf.cached(FORECASTS, replace(TEA, slug="tea"))
    shelf.cache.remember_failure(FORECASTS, TEA, "too short")
    shelf.cache.tell(TEA.slug, State.FAILED, "run", "too short")

    known = shelf.known(TEA.slug)

    assert set(known.entries) == {forecast, explanation}
    assert known.current(FORECASTS, TEA, shelf.clock.ms) == forecast
    assert known.current(EXPLANATIONS, TEA, shelf.clock.ms) == explanation
    failure = known.failure(FORECASTS, TEA, shelf.clock.ms)
    assert failure
    assert failure.reason == "too short"
    assert known.failure(EXPLANATIONS, TEA, shelf.clock.ms) is None
    assert (known.status.state, known.status.run_id, known.status.reason) == (State.FAILED, "run", "too short")


def test_a_partition_of_many_pages_is_read_to_its_end(shelf: Shelf) -> None:
    import random

    noise = random.Random(1).randbytes(150_000).hex()  # noqa: S311  # no secret
    for number in range(9):
        shelf.cached(FORECASTS, replace(TEA, data_hash=f"{number:032}"), noise=noise)

    assert len(shelf.known(TEA.slug).entries) == 9


def test_a_newer_entry_replaces_an_older_one_and_never_the_other_way(shelf: Shelf) -> None:
    old, new = _entry(1_000), _entry(2_000)

    assert shelf.cache.put(old)
    assert shelf.cache.put(new)
    assert not shelf.cache.put(old)
    assert not shelf.cache.put(new)
    assert shelf.known(TEA.slug).entries == (new,)


def test_of_many_writers_the_newest_stays(shelf: Shelf) -> None:
    made = list(range(1_000, 1_040))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda ms: shelf.cache.put(_entry(ms)), [*made[::2], *made[1::2]]))

    assert [each.made_ms for each in shelf.known(TEA.slug).entries] == [max(made)]


def test_a_new_entry_has_not_been_read(shelf: Shelf) -> None:
    old, new = _entry(1_000), _entry(2_000)
    shelf.cache.put(old)

    assert shelf.cache.mark_read(old)
    assert not shelf.cache.mark_read(old), "only the first reader marks it"
    assert shelf.known(TEA.slug).entries[0].read_ms == shelf.clock.ms
    shelf.cache.put(new)
    assert not shelf.cache.mark_read(old), "what it was given is not there any more"
    assert shelf.known(TEA.slug).entries[0].read_ms is None


def test_only_the_entry_that_was_seen_is_removed(shelf: Shelf) -> None:
    old, new = _entry(1_000), _entry(2_000)
    shelf.cache.put(old)
    shelf.cache.put(new)

    assert not shelf.cache.remove(old)
    assert shelf.known(TEA.slug).entries == (new,)
    assert shelf.cache.remove(new)
    assert shelf.known(TEA.slug).entries == ()


def test_what_has_ended_is_not_served_whether_or_not_it_is_gone(shelf: Shelf) -> None:
    entry = shelf.cached(FORECASTS, TEA)
    shelf.clock.ms += 8 * DAY_MS
    current = shelf.known(TEA.slug).current(FORECASTS, TEA, shelf.clock.ms)
    assert current
    assert current.freshness(shelf.clock.ms) is Freshness.STALE

    shelf.clock.ms = entry.ends_ms
    known = shelf.known(TEA.slug)
    assert known.entries, "DynamoDB deletes it days later"
    assert known.current(FORECASTS, TEA, shelf.clock.ms) is None
    assert known.newest(FORECASTS, shelf.clock.ms) is None


def test_of_older_data_the_newest_is_served(shelf: Shelf) -> None:
    shelf.cached(FORECASTS, replace(TEA, data_hash="1" * 32), age_days=3)
    newer = shelf.cached(FORECASTS, replace(TEA, data_hash="2" * 32), age_days=2)
    known = shelf.known(TEA.slug)

    assert known.current(FORECASTS, TEA, shelf.clock.ms) is None
    assert known.newest(FORECASTS, shelf.clock.ms) == newer


BROKEN: list[dict[str, Any]] = [
    {"body": {"B": b"no gzip"}},
    {"body": {"S": "no json"}},
    {"body": {"S": "[]"}},
    {"body": {"N": "5"}},
    {"made_ms": {"S": "yesterday"}},
    {"ends_ms": {"NULL": True}},
    {"fresh_until_ms": {"N": "1.5"}},
]


@pytest.mark.parametrize("damage", BROKEN, ids=str)
def test_what_is_broken_is_not_there_and_is_counted(shelf: Shelf, damage: dict[str, Any]) -> None:
    broken = shelf.cached(FORECASTS, TEA)
    whole = shelf.cached(EXPLANATIONS, TEA)
    _break(shelf, broken, **damage)
    known = shelf.known(TEA.slug)

    assert known.entries == (whole,)
    assert known.unreadable == 1


def test_the_first_write_of_a_run_is_confirmed_by_reading_it(shelf: Shelf) -> None:
    entry = _entry(1_000)
    with pytest.raises(NothingCached, match="does not have it"):
        shelf.cache.confirm(entry)
    shelf.cache.put(entry)
    shelf.cache.confirm(entry)
    shelf.cache.put(_entry(2_000))
    shelf.cache.confirm(entry)
    with pytest.raises(NothingCached):
        shelf.cache.confirm(_entry(3_000))
    _break(shelf, entry, body={"S": "no json"})
    with pytest.raises(NothingCached):
        shelf.cache.confirm(entry)


def test_a_failure_is_remembered_for_ten_minutes_and_for_this_data_alone(shelf: Shelf) -> None:
    shelf.cache.remember_failure(FORECASTS, TEA, "too short")
    known = shelf.known(TEA.slug)

    assert known.failure(FORECASTS, TEA, shelf.clock.ms + 599_999)
    assert known.failure(FORECASTS, TEA, shelf.clock.ms + 600_000) is None
    assert known.failure(FORECASTS, replace(TEA, data_hash="1" * 32), shelf.clock.ms) is None


def test_one_reader_a_minute_starts_the_warmup(shelf: Shelf) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda number: shelf.cache.claim_warmup(TEA.slug, f"run-{number}"), range(8)))
    assert sum(won) == 1
    status = shelf.known(TEA.slug).status
    assert (status.state, status.run_id) == (State.QUEUED, f"run-{won.index(True)}")

    shelf.clock.ms += 59_999
    assert not shelf.cache.claim_warmup(TEA.slug, "later")
    shelf.clock.ms += 1
    assert shelf.cache.claim_warmup(TEA.slug, "later")


def test_a_status_forgets_the_reason_of_the_one_before(shelf: Shelf) -> None:
    shelf.cache.claim_warmup(TEA.slug, "one")
    shelf.cache.tell(TEA.slug, State.FAILED, "one", "because")
    shelf.cache.tell(TEA.slug, State.READY, "two")
    status = shelf.known(TEA.slug).status

    assert (status.state, status.run_id, status.reason) == (State.READY, "two", None)
    assert status.asked_ms == shelf.clock.ms, "who asked is not forgotten"


def test_everything_ends_by_itself(shelf: Shelf) -> None:
    shelf.cached(FORECASTS, TEA)
    shelf.cache.claim_warmup(TEA.slug, "run")
    shelf.cache.remember_failure(EXPLANATIONS, TEA, "no")

    assert all("expires_s" in item for item in shelf.items())
    assert len(shelf.items()) == 3


@pytest.mark.parametrize("operation", ["read", "put", "mark_read", "tell", "claim_warmup", "remove", "confirm"])
def test_a_table_that_cannot_be_asked_is_said_so(shelf: Shelf, operation: str) -> None:
    # The table of the locks has other keys: whatever is asked of it in this way is refused.
    cache = Cache(shelf.aws.client("dynamodb"), LOCK_TABLE)
    shelf.aws.client("dynamodb").delete_table(TableName=LOCK_TABLE)
    arguments: dict[str, tuple[Any, ...]] = {
        "read": (TEA.slug,), "tell": (TEA.slug, State.READY, "run"), "claim_warmup": (TEA.slug, "run"),
    }  # fmt: skip
    with pytest.raises(CacheUnavailable, match="refused"):
        getattr(cache, operation)(*arguments.get(operation, (_entry(1_000),)))
