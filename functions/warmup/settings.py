"""Where the cache is."""

from __future__ import annotations

from dataclasses import dataclass

from nightshift.settings import env


@dataclass(frozen=True)
class CacheSettings:
    """The settings that readers and warmups share, from the environment."""

    cache_table: str = env("CACHE_TABLE", tells="DynamoDB table of the cache")
