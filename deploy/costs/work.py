"""What each function has to do in a month, by the size of the shop: invocations, processor time, waiting, requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from deploy.costs import waiting
from deploy.costs.shops import DAYS, HOURS, Shop
from deploy.observability.registry import Watched

MEASURED: Final = Path(__file__).with_name("measured.json")
# Two functions do what others do, and were not measured by themselves.
_LIKE: Final[Mapping[str, str]] = {
    "WishlistStockCheck": "WishlistSaleCheck",
    "DeliverNotifications": "WishlistSaleCheck",
    "WarmupOnDemand": "WarmupForecasts",
}
# Whoever is not called for longer is taken to be started anew.
_STAYS_WARM: Final = timedelta(minutes=5)
# Lambda's three lines, the run's two and its metrics; a line of the door and one of its gateway.
_RUN_KB, _CALL_KB = 3.0, 1.0
_PAGE_KB: Final = 60.0
# An entry of the cache, in writes of 1 KB; what an explanation asks and gets.
_ENTRY_WRITES: Final = 12
_ASKED_TOKENS, _SAID_TOKENS = 3000, 700
# Of the carts, of the mails: those of sales, of restocks, the others.
_EXPIRED, _SALES, _RESTOCKS = 0.7, 0.6, 0.2


@dataclass(frozen=True)
class Work:
    """A month of a function. Times are in ms: `cpu_ms` on a whole processor, `waiting_ms` whatever its share is."""

    runs: float
    starts: float
    cpu_ms: float
    waiting_ms: float
    writes: float = 0
    reads: float = 0
    ticks: float = 0
    requests: float = 0
    mails: float = 0
    asked: float = 0
    said: float = 0
    logs_kb: float = 0
    sent_kb: float = 0


@dataclass(frozen=True)
class _Items:
    """What a function has to do besides being run: the waiting is that of each item."""

    number: float = 0
    waiting_ms: float = 0
    once_a_run_ms: float = 0
    writes: float = 0
    reads: float = 0
    mails: float = 0
    asked: float = 0
    said: float = 0


@cache
def measured() -> Mapping[str, Any]:
    """Return what `python -m benchmarks.work` found: when, on what, and the functions."""
    found: dict[str, Any] = json.loads(MEASURED.read_text("utf-8"))
    return found


def work_of(job: Watched, shop: Shop) -> Work:
    """Return what a job's function does in a month."""
    items = _ITEMS.get(job.id, _nothing)(shop)
    runs = _runs(job, shop, items)
    starts = runs if _period(job, shop) > _STAYS_WARM else HOURS / 2
    figures = _figures(job.id)
    return Work(
        runs=runs,
        starts=starts,
        cpu_ms=runs * figures["run_ms"] + starts * figures["start_ms"] + items.number * figures.get("item_ms", 0.0),
        waiting_ms=runs * (waiting.RUN + items.once_a_run_ms) + items.number * items.waiting_ms,
        writes=2 * runs + items.number * items.writes,
        reads=items.number * items.reads,
        ticks=runs if job.period else 0,
        mails=items.number * items.mails,
        asked=items.number * items.asked,
        said=items.number * items.said,
        logs_kb=runs * _RUN_KB,
    )


def work_of_door(shop: Shop) -> Work:
    """Return what the door does in a month: pages of the dashboard, and calls that start or end something."""
    pages, calls, figures = shop.page_views * DAYS, shop.calls * DAYS, _figures("Api")
    return Work(
        runs=pages + calls,
        starts=HOURS / 2,
        cpu_ms=pages * figures["item_ms"] + calls * 5 * figures["run_ms"] + HOURS / 2 * figures["start_ms"],
        waiting_ms=pages * waiting.READS + calls * waiting.CALL,
        writes=calls,
        reads=pages * 15,
        requests=pages + calls,
        logs_kb=(pages + calls) * _CALL_KB,
        sent_kb=pages * _PAGE_KB + calls,
    )


def _figures(function: str) -> Mapping[str, float]:
    functions = measured()["functions"]
    # A job that was not measured yet is reckoned as the watchdog, which has little to do.
    like = functions.get(_LIKE.get(function, function)) or functions["Watchdog"]
    return {**like, **functions.get(function, {})}


def _runs(job: Watched, shop: Shop, items: _Items) -> float:
    return timedelta(hours=HOURS) / _period(job, shop) if job.period else items.number


def _period(job: Watched, shop: Shop) -> timedelta:
    if job.id == "ProductChecks":
        return timedelta(minutes=shop.check_minutes)
    return job.period or timedelta(days=1)


def _nothing(_shop: Shop) -> _Items:
    return _Items()


def _checks(shop: Shop) -> _Items:
    checks = shop.checks_a_run * HOURS * 60 / shop.check_minutes
    at_once = min(shop.hosts, shop.checks_a_run)
    return _Items(checks, (waiting.PAGE + 2 * waiting.LOCK) / at_once + 3 * waiting.MESSAGE, writes=2)


def _mails(share: float) -> Callable[[Shop], _Items]:
    def made(shop: Shop) -> _Items:
        looked = waiting.MILLION_WISHES * shop.wishes / 10**6
        return _Items(shop.mails * DAYS * share, waiting.MAIL + 3 * waiting.MESSAGE, looked, mails=1)

    return made


def _holds(shop: Shop) -> _Items:
    return _Items(shop.carts * DAYS * _EXPIRED, waiting.HOLD)


def _forecasts(shop: Shop) -> _Items:
    return _Items(shop.terms * DAYS / 7, waiting.CACHE, writes=_ENTRY_WRITES, reads=1)


def _explanations(shop: Shop) -> _Items:
    made, way = shop.terms * DAYS / 7, waiting.MODEL / waiting.MODELS + waiting.CACHE
    # A budget is reserved before each call, and what is left is given back.
    return _Items(made, way, writes=_ENTRY_WRITES + 2, reads=1, asked=_ASKED_TOKENS, said=_SAID_TOKENS)


def _on_demand(shop: Shop) -> _Items:
    """Forecast and explanation of what a reader missed: one for each five that are kept warm, a month."""
    return _Items(
        shop.terms / 5, waiting.MODEL, writes=2 * _ENTRY_WRITES + 2, reads=3, asked=_ASKED_TOKENS, said=_SAID_TOKENS
    )


def _puppets(shop: Shop) -> _Items:
    return _Items(shop.puppet_jobs * DAYS, waiting.WORKER / waiting.WORKERS + waiting.MESSAGE / 5)


def _old_rows(shop: Shop) -> _Items:
    checks = shop.checks_a_run * 24 * 60 / shop.check_minutes
    return _Items((2400 + checks + 2 * shop.puppet_jobs + 20 * shop.mails + shop.carts) * DAYS, waiting.OLD_ROW)


_ITEMS: Final[Mapping[str, Callable[[Shop], _Items]]] = {
    "ProductChecks": _checks,
    "CleanupReservations": _holds,
    "WishlistSaleCheck": _mails(_SALES),
    "WishlistStockCheck": _mails(_RESTOCKS),
    "DeliverNotifications": _mails(1 - _SALES - _RESTOCKS),
    "WarmupForecasts": _forecasts,
    "WarmupExplanations": _explanations,
    "WarmupOnDemand": _on_demand,
    "PuppetJobs": _puppets,
    "Retention": _old_rows,
}
