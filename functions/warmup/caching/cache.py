"""The cache in DynamoDB: a partition for each comparison, with its entries, what failed a moment ago, and its status.

Readers and warmups go through here; nothing of it needs PostgreSQL, so a reader can be answered while that is away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nightshift.dynamodb import decode, encode
from warmup.caching import entries, statuses
from warmup.caching import keys as cache_keys
from warmup.caching.entries import Entry, Freshness
from warmup.caching.keys import Kind, Subject
from warmup.caching.statuses import ASKED_EVERY_MS, FAILURE_KEPT_MS, Failure, State, Status
from warmup.errors import CacheUnavailable, CorruptEntry, NothingCached

_STATUS_KEPT_MS = entries.KEPT_MS
_ENTRY_IS_OLDER = "attribute_not_exists(made_ms) OR made_ms < :made_ms"


@dataclass(frozen=True)
class Known:
    """Everything the cache knows of one comparison; `unreadable` counts what had to be passed over."""

    entries: tuple[Entry, ...] = ()
    failures: Mapping[str, Failure] = field(default_factory=dict)
    status: Status = field(default_factory=Status)
    unreadable: int = 0

    def current(self, kind: Kind, subject: Subject, now_ms: int) -> Entry | None:
        """Return the entry of exactly this data and version, unless it has ended."""
        wanted = cache_keys.entry(kind, subject)
        return next((each for each in self._served(kind, now_ms) if each.key == wanted), None)

    def newest(self, kind: Kind, now_ms: int) -> Entry | None:
        """Return what was made last of this kind, of whatever data, unless it has ended."""
        return max(self._served(kind, now_ms), key=lambda each: each.made_ms, default=None)

    def of_kind(self, kind: Kind) -> list[Entry]:
        """Return all entries of a kind, the ended ones included."""
        return [each for each in self.entries if each.kind == kind.name]

    def failure(self, kind: Kind, subject: Subject, now_ms: int) -> Failure | None:
        """Return why this entry could not be made, if that is not too long ago."""
        found = self.failures.get(cache_keys.failure(kind, subject))
        return found if found and now_ms < found.until_ms else None

    def _served(self, kind: Kind, now_ms: int) -> list[Entry]:
        return [each for each in self.of_kind(kind) if each.freshness(now_ms) is not Freshness.MISSING]


class Cache:
    """The table; threads may share it."""

    def __init__(
        self, client: Any, table: str, clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        """Take a DynamoDB client, which decides how long is waited for an answer."""
        self._client = client
        self._table = table
        self.now_ms = clock_ms

    def read(self, slug: str, *, consistent: bool = False) -> Known:
        """Return everything that is known of a comparison, by one query; an entry that cannot be read is not there.

        Raises:
            CacheUnavailable: the table cannot be asked.
        """
        request: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": encode({":pk": cache_keys.partition(slug)}),
            "ConsistentRead": consistent,
        }
        items: list[Any] = []
        while True:
            page = self._call("query", **request)
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                return _known(slug, items)
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def put(self, entry: Entry) -> bool:
        """Store an entry in place of an older one; return False where a newer one is there already.

        Raises:
            CacheUnavailable: the table cannot be asked.
        """
        item = {**_key(entry.slug, entry.key), **encode(entry.item())}
        values = encode({":made_ms": entry.made_ms})
        return self._conditional(
            "put_item", Item=item, ConditionExpression=_ENTRY_IS_OLDER, ExpressionAttributeValues=values
        )

    def confirm(self, entry: Entry) -> None:
        """Make sure that this entry, or a newer one, can be read back.

        Raises:
            NothingCached: it cannot.
            CacheUnavailable: the table cannot be asked.
        """
        answer = self._call("get_item", Key=_key(entry.slug, entry.key), ConsistentRead=True)
        found = _known(entry.slug, [answer["Item"]] if "Item" in answer else [])
        if not any(each.made_ms >= entry.made_ms for each in found.entries):
            raise NothingCached(f"{entry.slug}: the cache took an entry and does not have it")

    def remove(self, entry: Entry) -> bool:
        """Delete an entry that a newer one stands in for, unless it has been made again meanwhile.

        Raises:
            CacheUnavailable: the table cannot be asked.
        """
        return self._conditional(
            "delete_item",
            Key=_key(entry.slug, entry.key),
            ConditionExpression="made_ms = :made_ms",
            ExpressionAttributeValues=encode({":made_ms": entry.made_ms}),
        )

    def mark_read(self, entry: Entry) -> bool:
        """Note that a reader was given this entry; return whether it is the first.

        Raises:
            CacheUnavailable: the table cannot be asked.
        """
        return self._conditional(
            "update_item",
            Key=_key(entry.slug, entry.key),
            UpdateExpression="SET read_ms = :now",
            ConditionExpression="made_ms = :made_ms AND attribute_not_exists(read_ms)",
            ExpressionAttributeValues=encode({":now": self.now_ms(), ":made_ms": entry.made_ms}),
        )

    def tell(self, slug: str, state: State, run_id: str, reason: str | None = None) -> None:
        """Write down where the warming of a comparison stands.

        Raises:
            CacheUnavailable: the table cannot be asked.
        """
        now = self.now_ms()
        self._call("update_item", **_status_update(slug, state, run_id, now, reason))

    def claim_warmup(self, slug: str, run_id: str) -> bool:
        """Begin a warmup for a reader, unless another reader did within the last minute; return whether it is ours.

        Raises:
            CacheUnavailable: the table cannot be asked.
        """
        now = self.now_ms()
        request = _status_update(slug, State.QUEUED, run_id, now, None)
        request["UpdateExpression"] = request["UpdateExpression"].replace("SET ", "SET asked_ms = :now, ", 1)
        request["ExpressionAttributeValues"] |= encode({":due": now - ASKED_EVERY_MS})
        condition = "attribute_not_exists(asked_ms) OR asked_ms <= :due"
        return self._conditional("update_item", ConditionExpression=condition, **request)

    def remember_failure(self, kind: Kind, subject: Subject, reason: str) -> None:
        """Keep everybody from trying again at once.

        Raises:
            CacheUnavailable: the table cannot be asked.
        """
        until_ms = self.now_ms() + FAILURE_KEPT_MS
        values = {"until_ms": until_ms, "reason": reason, "expires_s": -(-until_ms // 1000)}
        self._call("put_item", Item={**_key(subject.slug, cache_keys.failure(kind, subject)), **encode(values)})

    def _conditional(self, operation: str, **request: Any) -> bool:
        try:
            self._call(operation, **request)
        except _Refused:
            return False
        return True

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = getattr(self._client, operation)(TableName=self._table, **request)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalCheckFailedException":
                raise _Refused from None
            raise CacheUnavailable(f"the cache refused: {code}") from None
        except BotoCoreError as error:
            raise CacheUnavailable(f"the cache cannot be reached ({type(error).__name__})") from None
        return answer


class _Refused(Exception):
    """A condition did not hold."""


def _key(slug: str, sort_key: str) -> dict[str, Any]:
    return encode({"pk": cache_keys.partition(slug), "sk": sort_key})


def _status_update(slug: str, state: State, run_id: str, now_ms: int, reason: str | None) -> dict[str, Any]:
    values = {":state": state.value, ":run": run_id, ":now": now_ms, ":ends": (now_ms + _STATUS_KEPT_MS) // 1000}
    update = "SET #state = :state, run_id = :run, since_ms = :now, expires_s = :ends"
    if reason is None:
        update += " REMOVE #reason"
    else:
        update += ", #reason = :reason"
        values[":reason"] = reason
    return {
        "Key": _key(slug, cache_keys.STATUS),
        "UpdateExpression": update,
        # Words that DynamoDB reserves, or may.
        "ExpressionAttributeNames": {"#state": "state", "#reason": "reason"},
        "ExpressionAttributeValues": encode(values),
    }


def _known(slug: str, items: list[Any]) -> Known:
    found: list[Entry] = []
    failures: dict[str, Failure] = {}
    status, unreadable = Status(), 0
    for raw in items:
        try:
            item = decode(raw)
            key = str(item["sk"])
            if key == cache_keys.STATUS:
                status = statuses.status(item)
            elif cache_keys.is_failure(key):
                failures[key] = statuses.failure(item)
            else:
                entry = entries.stored(slug, item)
                entry.bundle()
                found.append(entry)
        except (CorruptEntry, ValueError):
            unreadable += 1
    return Known(tuple(found), failures, status, unreadable)
