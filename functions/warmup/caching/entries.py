"""What an entry of the cache is: a bundle, packed, with the times until which it is fresh and may be served at all."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from warmup.caching.keys import Kind, Subject, entry, kind_of
from warmup.errors import CorruptEntry, EntryTooLarge

_HOUR_MS = 3_600_000
# Total ages, not one after the other.
FRESH_MS = 7 * 24 * _HOUR_MS
KEPT_MS = 30 * 24 * _HOUR_MS
# Every entry ends so much earlier: 3 hours, or the next weekly run would find the entries of the last one a few minutes
# short of 7 days and leave them; and up to 12 more, by its key, so that what was made together does not end together.
_EARLIER_MS, _SPREAD_MS = 3 * _HOUR_MS, 12 * _HOUR_MS
# DynamoDB writes in units of 1 KB: below one, packing saves nothing (docs/adr/0141).
PACKED_FROM = 1024
# An item may have 400 KB with its names and keys.
MAX_BODY = 380 * 1024

Bundle = dict[str, Any]


class Freshness(StrEnum):
    """How good what is there is for a reader."""

    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"


@dataclass(frozen=True)
class Entry:
    """One entry.

    Attributes:
        made_ms, fresh_until_ms, ends_ms: epoch milliseconds; after the last it is not served, deleted or not.
        read_ms: when a reader was first given it; None: never.
        body: JSON as text, or gzipped.
    """

    slug: str
    key: str
    made_ms: int
    fresh_until_ms: int
    ends_ms: int
    body: str | bytes
    run_id: str = ""
    read_ms: int | None = None

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return kind_of(self.key)

    def freshness(self, now_ms: int) -> Freshness:
        """Return how good it is now: by its times alone, because DynamoDB deletes expired items days later."""
        if now_ms >= self.ends_ms:
            return Freshness.MISSING
        return Freshness.FRESH if now_ms < self.fresh_until_ms else Freshness.STALE

    def bundle(self) -> Bundle:
        """Return what was put in.

        Raises:
            CorruptEntry: it is not what `pack` made.
        """
        return unpack(self.body)

    def item(self) -> dict[str, Any]:
        """Return what is stored besides the keys; an entry that is new has not been read."""
        return {
            "made_ms": self.made_ms, "fresh_until_ms": self.fresh_until_ms, "ends_ms": self.ends_ms,
            "run_id": self.run_id, "body": self.body, "expires_s": -(-self.ends_ms // 1000),
        }  # fmt: skip


def new(  # what an entry is made of, the less obvious by name
    kind: Kind,
    subject: Subject,
    bundle: Mapping[str, Any],
    *,
    made_ms: int,
    run_id: str,
    fresh_ms: int = FRESH_MS,
) -> Entry:
    """Return an entry that was made at `made_ms`, from data that was read before, and is fresh for about `fresh_ms`.

    Raises:
        EntryTooLarge: it would not fit into an item.
        ValueError: the bundle is not JSON.
    """
    key = entry(kind, subject)
    earlier = _EARLIER_MS + _share(f"{subject.slug} {key}") * _SPREAD_MS // 2**32
    return Entry(
        slug=subject.slug,
        key=key,
        made_ms=made_ms,
        fresh_until_ms=made_ms + fresh_ms - earlier,
        ends_ms=made_ms + KEPT_MS - earlier,
        body=pack(bundle),
        run_id=run_id,
    )


def stored(slug: str, item: Mapping[str, Any]) -> Entry:
    """Return an entry as it was read.

    Raises:
        CorruptEntry: something of it is missing, or is not what it should be.
    """
    times = [item.get(name) for name in ("made_ms", "fresh_until_ms", "ends_ms")]
    body = item.get("body")
    # To Python, True is a number as well.
    if not all(type(each) is int for each in times) or not isinstance(body, str | bytes):
        raise CorruptEntry(f"{slug}: an entry of the cache lacks its times or its body")
    made_ms, fresh_until_ms, ends_ms = (int(each or 0) for each in times)
    run_id, read_ms = str(item.get("run_id", "")), item.get("read_ms")
    return Entry(slug, str(item["sk"]), made_ms, fresh_until_ms, ends_ms, body, run_id, read_ms)


def pack(bundle: Mapping[str, Any]) -> str | bytes:
    """Return a bundle as JSON, gzipped where that saves something; the same bundle gives the same bytes.

    Raises:
        EntryTooLarge: even so it would not fit into an item.
        ValueError: it is not JSON (a number that is not finite, say).
    """
    text = json.dumps(bundle, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    plain = text.encode()
    packed = gzip.compress(plain, mtime=0) if len(plain) >= PACKED_FROM else plain
    if min(len(packed), len(plain)) > MAX_BODY:
        raise EntryTooLarge(f"the bundle has {len(packed):,} bytes, more than the {MAX_BODY:,} of an entry")
    return packed if len(packed) < len(plain) else text


def unpack(body: str | bytes) -> Bundle:
    """Return the bundle that `pack` was given.

    Raises:
        CorruptEntry: it was not.
    """
    try:
        bundle = json.loads(body if isinstance(body, str) else gzip.decompress(body))
    except (ValueError, OSError, EOFError, zlib.error, RecursionError) as error:
        raise CorruptEntry(f"the body of an entry cannot be read ({type(error).__name__})") from None
    if not isinstance(bundle, dict):
        raise CorruptEntry("the body of an entry is not a JSON object")
    return bundle


def _share(text: str) -> int:
    """Return a number below 2**32 that is always the same for a text and spread evenly over texts."""
    return int.from_bytes(sha256(text.encode()).digest()[:4])
