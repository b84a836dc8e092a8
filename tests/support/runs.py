"""A run for a job's work alone, without the lock, record and release around it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from nightshift.job import Job, Run
from nightshift.platform import Platform, PlatformSettings
from nightshift.settings import load


@contextmanager
def running(job: Job, url: str, time_left_s: float = 60.0) -> Iterator[Run]:
    """A run of `job` that always has `time_left_s` left, over a connection of its own."""
    platform = Platform(load(PlatformSettings, {"LOCK_TABLE": "none", "DATABASE_URL": url}))
    run = Run(
        id=str(uuid4()), job=job, trigger="manual", params={}, platform=platform, deadline=0.0,
        monotonic=lambda: -time_left_s,
    )  # fmt: skip
    try:
        yield run
    finally:
        platform.database.close()
