"""What the wishlist brings to the door: its two jobs, the routes that start them, and their state."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from nightshift import Job
from nightshift.deployed import deployed
from nightshift.routes import Guard, Json, Request, Route, Trigger
from nightshift.sql import queries
from wishlist.check_sales import CHECK_SALES
from wishlist.check_stock import CHECK_STOCK
from wishlist.settings import load_settings

_COUNTS = ("checked", "notified", "errors")
_MAX_WAIT_S = 25


def status(request: Request) -> Json:
    """Answer both checks' schedules, their last and their next run, in the zone of their schedules."""
    settings = load_settings(os.environ)
    jobs = [CHECK_SALES.name, CHECK_STOCK.name]
    rows = request.platform.database.read(queries("wishlist")["last_runs"], jobs=jobs)
    last = {row["job"]: row["at"] for row in rows}
    view = partial(_view, last=last, zone=settings.zone)
    return {
        "success": True,
        "data": {
            "saleCheck": view(CHECK_SALES, enabled=settings.sale_check_enabled),
            "stockCheck": view(CHECK_STOCK, enabled=settings.stock_check_enabled),
        },
    }


def _view(job: Job, *, enabled: bool, last: dict[str, datetime], zone: ZoneInfo) -> Json:
    entry = deployed(job.name, os.environ)
    is_on = enabled and entry.enabled
    next_run = entry.schedule.next_after(datetime.now(UTC)) if entry.schedule and is_on else None
    return {
        "name": job.name,
        "enabled": is_on,
        "schedule": entry.schedule.expression if entry.schedule else None,
        "lastRun": _shown(last.get(job.name), zone),
        "nextRun": _shown(next_run, zone),
    }


def _shown(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat(timespec="seconds") if moment else None


def present(check: str, run: Json) -> Json:
    """Answer what callers of the triggers expect: the counts of a run that has ended, none of one that has not."""
    state, metadata = run["status"], run.get("metadata") or {}
    return {
        "success": state not in ("failed", "lost"),
        "data": {name: metadata.get(name) for name in _COUNTS},
        "message": _message(check, state, run),
        "runId": run["runId"],
        "status": state,
        "statusUrl": run["statusUrl"],
    }


def _message(check: str, state: str, run: Json) -> str:
    if state in ("queued", "running"):
        return f"{check} started; its result will be at {run['statusUrl']}"
    if state == "succeeded":
        return f"{check} completed"
    return f"{check} {state}: {run.get('error') or 'see its record'}"


_NUMBER: dict[str, Any] = {"type": ["integer", "null"]}
_TRIGGERED: Json = {
    "type": "object",
    "required": ["success", "data", "message"],
    "properties": {
        "success": {"type": "boolean"},
        "data": {"type": "object", "required": list(_COUNTS), "properties": dict.fromkeys(_COUNTS, _NUMBER)},
        "message": {"type": "string"},
        "runId": {"type": "string", "format": "uuid"},
        "status": {"type": "string"},
        "statusUrl": {"type": "string"},
    },
}
_TIME: Json = {"type": ["string", "null"], "format": "date-time"}
_CHECK: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "enabled": {"type": "boolean"},
        "schedule": {"type": ["string", "null"]},
        "lastRun": _TIME,
        "nextRun": _TIME,
    },
}
_STATUS: Json = {
    "type": "object",
    "properties": {
        "success": {"type": "boolean"},
        "data": {"type": "object", "properties": {"saleCheck": _CHECK, "stockCheck": _CHECK}},
    },
}

JOBS = (CHECK_SALES, CHECK_STOCK)
ROUTES = (
    Route(
        "GET",
        "/api/admin/wishlist-jobs/status",
        Guard.ADMIN,
        status,
        "Both wishlist checks and their runs",
        schema=_STATUS,
    ),
)
TRIGGERS = (
    Trigger(
        "/api/admin/wishlist-jobs/trigger-sale-check",
        CHECK_SALES,
        Guard.ADMIN,
        "Look for sales that people wish to hear of, now",
        waits_s=_MAX_WAIT_S,
        present=partial(present, "Sale check"),
        schema=_TRIGGERED,
    ),
    Trigger(
        "/api/admin/wishlist-jobs/trigger-stock-check",
        CHECK_STOCK,
        Guard.ADMIN,
        "Look for restocks that people wish to hear of, now",
        waits_s=_MAX_WAIT_S,
        present=partial(present, "Stock check"),
        schema=_TRIGGERED,
    ),
)
