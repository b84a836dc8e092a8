"""How this deployment starts a job: its part of the JOBS variable, which the door has and has checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nightshift.schedule import Schedule, parse


@dataclass(frozen=True)
class Deployed:
    """A job's schedule (None: only callers start it), whether it is on, and the function that does it."""

    schedule: Schedule | None = None
    enabled: bool = False
    function: str = ""


def deployed(job: str, environ: Mapping[str, str]) -> Deployed:
    """Return how a job is started; one that this deployment does not name is not started at all.

    Raises:
        InvalidSchedule: its schedule is not one of EventBridge Scheduler.
    """
    entry = json.loads(environ.get("JOBS") or "{}").get(job)
    return Deployed() if entry is None else _read(entry)


def every_deployed(environ: Mapping[str, str]) -> dict[str, Deployed]:
    """Return how each job of this deployment is started; raises as `deployed` does."""
    return {job: _read(entry) for job, entry in json.loads(environ.get("JOBS") or "{}").items()}


def _read(entry: Mapping[str, Any]) -> Deployed:
    expression, zone = entry.get("schedule"), entry.get("zone", "UTC")
    schedule = parse(expression, zone) if expression else None
    return Deployed(schedule, bool(entry.get("enabled", True)), str(entry.get("function", "")))
