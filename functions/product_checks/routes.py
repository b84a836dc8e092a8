"""The routes of product checks at the door: recent, slow, by shop, statistics, and checking now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nightshift import Choice, Integer, Text
from nightshift.cursor import Cursor, CursorParameter, page_of
from nightshift.routes import Guard, Request, Route, Trigger
from nightshift.settings import load
from nightshift.sql import queries
from product_checks import schemas
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
# Of a day the newest so many are counted: by then it is known which shops fail, and a page may ask every few seconds.
SHOPS_CAP = 10_000
# Of all that are kept, likewise: a month and more of one check every half a minute.
STATS_CAP = 100_000
_RECENT = ("checks_last_24h", "successful_last_24h", "failed_last_24h", "unique_products_checked")


def recent(request: Request) -> dict[str, Any]:
    """Answer a page of the newest checks."""
    limit = request.query["limit"]
    after: Cursor | None = request.query["cursor"]
    rows = request.platform.database.read(
        _sql("recent_checks"),
        product_id=request.query["product_id"],
        status=request.query["status"],
        shop=request.query["shop"],
        before_at=after.at if after else None,
        before_id=after.id if after else None,
        rows=limit + 1,
    )
    checks, last = page_of(rows, limit)
    return {
        "checks": [_shown(check) for check in checks],
        "count": len(checks),
        "limit": limit,
        "nextCursor": str(Cursor(last["started_at"], last["id"])) if last else None,
    }


def slow(request: Request) -> dict[str, Any]:
    """Answer the checks that took longest."""
    limit = request.query["limit"]
    checks = request.platform.database.read(
        _sql("slow_checks"), min_duration_ms=request.query["min_duration_ms"], limit=limit
    )
    return {"checks": [_shown(check) for check in checks], "count": len(checks), "limit": limit}


def shops(request: Request) -> dict[str, Any]:
    """Answer the checks of the last day by shop, those first that fail most."""
    row = request.platform.database.read(_sql("shops"), cap=SHOPS_CAP, rows=request.query["limit"])[0]
    return {
        "since": row["since"],
        "lastCheckAt": row["last_at"],
        "checks": row["checks"],
        "failed": row["failed"],
        "products": row["products"],
        "shopCount": row["shops"],
        "longestMs": row["longest_ms"],
        "isCapped": row["checks"] >= SHOPS_CAP,
        "shops": [_shop(each) for each in row["by_shop"]],
    }


def stats(request: Request) -> dict[str, Any]:
    """Answer counts and durations over all kept checks, up to a cap, and over those of the last day."""
    row = request.platform.database.read(_sql("check_stats"), cap=STATS_CAP)[0]
    breakdown = {"success": row["successful_checks"], "failed": row["failed_checks"]}
    return {
        "cap": STATS_CAP,
        "isCapped": row["total_checks"] >= STATS_CAP,
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


def _shop(row: Mapping[str, Any]) -> dict[str, Any]:
    at = row["last_failed_at"]
    return {
        "shop": row["shop"],
        "checks": row["checks"],
        "failed": row["failed"],
        "products": row["products"],
        "failingProducts": row["failing_products"],
        "averageMs": row["average_ms"],
        "lastFailureAt": datetime.fromisoformat(at) if at else None,
        "lastError": {"class": row["error_class"], "message": row["error_message"]} if at else None,
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
            Text("shop", 260, description="Only checks of this shop: its host, and the port if addresses have one."),
            CursorParameter(int),
        ),
        schema=schemas.RECENT,
    ),
    Route(
        "GET",
        "/admin/checks/shops",
        Guard.ADMIN,
        shops,
        f"The checks of the last day (the newest {SHOPS_CAP}) by shop, those first that fail most",
        query=(Integer("limit", 1, 500, 100, "How many shops."),),
        schema=schemas.SHOPS,
    ),
    Route(
        "GET",
        "/admin/checks/stats",
        Guard.ADMIN,
        stats,
        f"Counts and durations of product checks (of the newest {STATS_CAP})",
        schema=schemas.STATS,
    ),
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
        schema=schemas.SLOW,
    ),
)
TRIGGERS = (
    Trigger(
        "/admin/checks/run-now",
        CHECK_PRODUCTS,
        Guard.ADMIN,
        "Check the products that are due now",
        present=present_run_now,
        schema=schemas.RUN_NOW,
    ),
)
