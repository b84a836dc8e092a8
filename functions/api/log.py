"""The door's logger: one line a request, and what went wrong."""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools import Logger


@cache
def log() -> Logger:
    """Return the logger of this process."""
    return Logger(service="api", location=None, utc=True)
