"""The routes of product checks at the door: recent, slow, statistics, and checking now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from nightshift import Choice, Integer
from nightshift.routes import Guard, Request, Route, Trigger
from nightshift.settings import load
from nightshift.sql import queries
from product_checks.check_products import CHECK_PRODUCTS
from product_checks.settings import SchedulerSettings

_OVERALL = (
    "total_checks",
    "successful_checks",
    "failed_checks",
    "avg_duration_ms",
    "max_duration_ms",
    "min_duration_ms",
)
_RECENT = ("checks_last_24h", "successful_last_24h", "failed_last_24h", "unique_products_checked")


def recent(request: Request) -> dict[str, Any]:
    """Answer the newest checks."""
    limit = request.query["limit"]
    checks = request.platform.database.read(
        _sql("recent_checks"),
        product_id=request.query["product_id"],
        status=request.query["status"],
        limit=limit,
    )
    return {"checks": [_shown(check) for check in checks], "count": len(checks), "limit": limit}


def slow(request: Request) -> dict[str, Any]:
    """Answer the checks that took longest."""
    limit = request.query["limit"]
    checks = request.platform.database.read(
        _sql("slow_checks"), min_duration_ms=request.query["min_duration_ms"], limit=limit
    )
    return {"checks": [_shown(check) for check in checks], "count": len(checks), "limit": limit}


def stats(request: Request) -> dict[str, Any]:
    """Answer counts and durations over all kept checks and over the last day."""
    row = request.platform.database.read(_sql("check_stats"))[0]
    breakdown = {"success": row["successful_checks"], "failed": row["failed_checks"]}
    return {
        "overall": {name: row[name] for name in _OVERALL},
        "recent": {name: row[name] for name in _RECENT},
        "statusBreakdown": [{"status": status, "count": count} for status, count in breakdown.items() if count],
    }


def present_run_now(run: Mapping[str, Any]) -> dict[str, Any]:
    """Answer what callers of run-now expect, besides the run itself."""
    settings = load(SchedulerSettings, os.environ)
    is_running = run.get("status") in ("queued", "running")
    return {
        **run,
        "success": run.get("status") not in ("failed", "lost"),
        "message": "Product checks started" if is_running else f"Product checks {run.get('status')}",
        "status": {
            "enabled": settings.enabled,
            "isRunning": is_running,
            "intervalMinutes": settings.interval_minutes,
            "cronJobActive": settings.enabled,
        },
    }


def _shown(check: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: check[name].isoformat() for name in ("started_at", "finished_at")}
    return {**check, **times}


def _sql(name: str) -> str:
    return queries("product_checks")[name]


JOBS = (CHECK_PRODUCTS,)
ROUTES = (
    Route(
        "GET",
        "/admin/checks/recent",
        Guard.ADMIN,
        recent,
        "The newest product checks",
        query=(
            Integer("limit", 1, 200, 50, "How many checks."),
            Integer("product_id", 1, 2**53, description="Only checks of this product."),
            Choice("status", ("success", "failed"), description="Only checks that ended so."),
        ),
    ),
    Route("GET", "/admin/checks/stats", Guard.ADMIN, stats, "Counts and durations of product checks"),
    Route(
        "GET",
        "/admin/checks/slow",
        Guard.ADMIN,
        slow,
        "The slowest product checks",
        query=(
            Integer("limit", 1, 100, 20, "How many checks."),
            Integer("min_duration_ms", 0, 3_600_000, 5000, "Only checks that took at least this long."),
        ),
    ),
)
TRIGGERS = (
    Trigger(
        "/admin/checks/run-now",
        CHECK_PRODUCTS,
        Guard.ADMIN,
        "Check the products that are due now",
        present=present_run_now,
    ),
)
