"""Bring the database's schema up to date: the handler that a deploy (and a local start) calls first."""

from __future__ import annotations

from typing import Any

from nightshift.platform import platform
from nightshift.telemetry import logger


def handler(_event: Any, _context: Any) -> dict[str, Any]:
    """Apply the migrations that the database does not have yet; safe to call any number of times."""
    from housekeeping.migrations import apply

    log = logger("migrations")
    applied = apply(platform().database)
    log.info("Migrations completed", applied=applied)
    return {"applied": applied}
