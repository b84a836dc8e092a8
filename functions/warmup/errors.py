"""What can go wrong between the warmups and the cache.

NightshiftError
├── CacheUnavailable      the cache's table cannot be asked
├── NothingCached         a write was accepted, and nothing is there: the run must not say that it succeeded
├── EntryTooLarge         a bundle is larger than an item may be
└── CorruptEntry          what is there cannot be read
"""

from __future__ import annotations

from nightshift.errors import NightshiftError


class CacheUnavailable(NightshiftError):
    """The cache cannot be reached."""


class NothingCached(NightshiftError):
    """The cache accepted an entry and does not have it."""


class EntryTooLarge(NightshiftError):
    """The bundle does not fit into an entry of the cache."""


class CorruptEntry(NightshiftError):
    """An entry of the cache cannot be read."""
