"""One run of the product checks: which products, in which threads, and what came of each."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from nightshift import Outcome, Run
from nightshift.errors import (
    ConfigurationError,
    DatabaseError,
    DatabaseUnavailable,
    LeaseLost,
    LockRefused,
    LockUnavailable,
    StaleFence,
)
from nightshift.lease import Lease
from nightshift.outbound import GuardedHttp, WebAddress
from nightshift.settings import load
from nightshift.sql import queries
from product_checks import ingestion
from product_checks.charset import decode
from product_checks.desk import Desk, RunStopped
from product_checks.errors import BadStatus, CheckFailed, FetchFailed
from product_checks.extraction import Extraction, extract
from product_checks.fetching import Fetched, NotModified, PageFetcher, PageRequest
from product_checks.hosts import by_host
from product_checks.settings import CheckSettings

# What ends the run, because no further product could fare better.
_FATAL = (DatabaseUnavailable, ConfigurationError)
# A check may take this long from its turn to its record; none is begun that could not end before the deadline.
_GIVE_UP_S = 60.0
# All pages are read in one thread: reading is computing, which threads of Python do in turns anyway, and a page takes
# twenty times its size meanwhile, which the C library keeps for the next page of the same thread.
_READER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")


def check_due_products(run: Run) -> Outcome:
    """Check the products that are due, hosts side by side, the pages of one host one after the other."""
    settings = load(CheckSettings, os.environ)
    if not settings.enabled and run.trigger == "schedule":
        return Outcome(metadata={"enabled": False})
    due = _choose(run, settings)
    desk = Desk(_FATAL)
    with GuardedHttp(user_agent=settings.user_agent, allow_loopback=settings.allow_loopback) as http:
        fetcher = PageFetcher(http, respect_robots=settings.respect_robots)
        worker = _Worker(run, settings, desk, fetcher)
        groups = by_host(due, lambda product: str(product["url"]))
        tallies = desk.run(partial(worker.check_all, group) for group in groups)
    return _outcome(run, tallies)


def _choose(run: Run, settings: CheckSettings) -> list[dict[str, Any]]:
    sql = queries("product_checks")
    if product_id := run.params.get("product_id"):
        return run.database.read(sql["one_product"], product_id=product_id)
    return run.database.read(sql["due_products"], limit=run.params.get("limit") or settings.max_products)


@dataclass
class _Tally:
    """What became of one product, or of all that a thread had."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def __iadd__(self, other: _Tally) -> Self:
        self.counts.update(other.counts)
        self.errors += other.errors
        return self


def _tally(error: str | None = None, **counts: int) -> _Tally:
    return _Tally(Counter(counts), [error] if error else [])


def _outcome(run: Run, tallies: Sequence[_Tally]) -> Outcome:
    total = _Tally()
    for tally in tallies:
        total += tally
    checked, failed = total.counts.pop("checked", 0), total.counts.pop("failed", 0)
    run.count("ProductsChecked", checked)
    run.count("ChecksFailed", failed)
    return Outcome(checked, failed, total.errors, dict(sorted(total.counts.items())))


class _Worker:
    """Checks products in the threads of a run; everything it keeps may be shared."""

    def __init__(self, run: Run, settings: CheckSettings, desk: Desk, fetcher: PageFetcher) -> None:
        self._run = run
        self._settings = settings
        self._desk = desk
        self._fetcher = fetcher
        # Made once: the desk serves together what asks for the same.
        self._claim = partial(ingestion.claim, run)
        self._record = partial(ingestion.record, run)

    def check_all(self, products: Sequence[dict[str, Any]]) -> _Tally:
        """Check the products of one host in their order."""
        tally = _Tally()
        for position, product in enumerate(products):
            if not self._desk.is_open or self._run.time_left_s < _GIVE_UP_S:
                tally += _tally(left_for_next_run=len(products) - position)
                break
            try:
                tally += self._check_alone(product["id"])
            except RunStopped:
                continue
            except Exception as error:  # noqa: BLE001  # one product never stops the others
                tally += _tally(f"product {product['id']}: {_said(error)}", failed=1)
        return tally

    def _check_alone(self, product_id: int) -> _Tally:
        """Check one product under its own lock; whoever else holds it is checking it right now."""
        locks, name = self._run.platform.locks, f"product-check:{product_id}"
        try:
            lease = locks.acquire(
                name,
                self._settings.lock_timeout_s,
                who=f"{self._run.job.name} run {self._run.id}",
                run_id=self._run.id,
                named_after_data=True,
            )
        except LockRefused:
            return _tally(checked_by_others=1)
        outcome = "failed"
        try:
            tally = self._check_claimed(product_id, lease)
            outcome = "succeeded"
        finally:
            self._release(lease, outcome)
        return tally

    def _release(self, lease: Lease, outcome: str) -> None:
        try:
            self._run.platform.locks.release(lease, outcome)
        except LockUnavailable as error:
            self._run.log.warning("Product lock not released", lock=lease.name, error=str(error))

    def _check_claimed(self, product_id: int, lease: Lease) -> _Tally:
        known = self._desk.ask(self._claim, (product_id, lease))
        is_asked_for = self._run.params.get("product_id") == product_id
        if known is None or not (known.due or is_asked_for):
            return _tally(not_due_any_more=1)
        record = partial(self._desk.ask, self._record)
        return _Check(self._run, self._settings, record, self._fetcher, known, lease).carry_out()


def _read(page: Fetched) -> tuple[Extraction, int]:
    """Return what a page says, and how many milliseconds it took to read it."""
    began = time.monotonic()
    found = extract(decode(page.body, page.content_type), page.final_url)
    return found, round((time.monotonic() - began) * 1000)


class _Check:
    """One check of one product, from the request to the record."""

    def __init__(
        self,
        run: Run,
        settings: CheckSettings,
        record: Callable[[ingestion.Record], Mapping[str, Any]],
        fetcher: PageFetcher,
        known: ingestion.KnownProduct,
        lease: Lease,
    ) -> None:
        self._run = run
        self._interval_s = settings.min_interval_minutes * 60.0
        self._record = record
        self._fetcher = fetcher
        self._known = known
        self._lease = lease
        self._started = time.monotonic()

    def carry_out(self) -> _Tally:
        """Fetch, extract and record; every failure is recorded as this product's own."""
        try:
            return self._fetch_and_record()
        except FetchFailed as error:
            code, message = _wall_behind(error) or (error.code, str(error))
            return self._failed(code, message, error.retry_after_s or 0, _http_facts(error))
        except CheckFailed as error:
            return self._failed(error.code, str(error))
        except (RunStopped, StaleFence, LeaseLost, *_FATAL):
            raise
        except DatabaseError as error:
            # What was read cannot be stored; that it was read, and why it is not there, can.
            return self._failed("not_stored", str(error))
        except Exception as error:
            self._run.log.exception("Check crashed", product_id=self._known.id)
            return self._failed("internal", _said(error))

    def _fetch_and_record(self) -> _Tally:
        answer = self._fetcher.fetch(self._request())
        if isinstance(answer, NotModified):
            self._record(ingestion.page_unchanged(self._check({"http_status": 304})))
            return _tally(checked=1, not_modified=1)
        fetched_ms = self._elapsed_ms()
        found, extract_ms = _READER.submit(_read, answer).result()
        facts = {"http_status": answer.status, "fetch_ms": fetched_ms, "extract_ms": extract_ms}
        if not found.is_product:
            return self._failed(str(found.failure or "not_a_product"), found.reason or "no product was found", 0, facts)
        return self._succeeded(answer, found, facts)

    def _request(self) -> PageRequest:
        known = self._known
        return PageRequest(
            known.url,
            etag=known.etag,
            last_modified=known.last_modified,
            validated_url=known.validated_url,
            give_up_s=min(_GIVE_UP_S, max(1.0, self._run.time_left_s)),
        )

    def _succeeded(self, page: Fetched, found: Extraction, facts: dict[str, Any]) -> _Tally:
        # Without its query: where a shop redirects to may carry a token.
        facts |= {"final_url": WebAddress.parse(page.final_url).shown} if page.final_url != self._known.url else {}
        facts |= {"note": found.reason} if found.reason else {}
        metadata = self._record(ingestion.page_read(self._check(facts), self._known, page, found))
        counted = ("price_changes", "stock_changes", "variants_added", "variants_vanished", "notifications")
        return _tally(checked=1, **{name: metadata[name] for name in counted if metadata.get(name)})

    def _failed(self, code: str, message: str, wait_s: float = 0, facts: dict[str, Any] | None = None) -> _Tally:
        self._record(ingestion.page_failed(self._check(facts or {}), code, message, wait_s))
        return _tally(f"product {self._known.id}: {code}: {message}", checked=1, failed=1, **{f"failed_{code}": 1})

    def _check(self, metadata: dict[str, Any]) -> ingestion.Check:
        return ingestion.Check(self._known.id, self._lease, self._interval_s, self._elapsed_ms(), metadata)

    def _elapsed_ms(self) -> int:
        return round((time.monotonic() - self._started) * 1000)


def _wall_behind(error: FetchFailed) -> tuple[str, str] | None:
    """Name the bot wall that hides behind an error status, where the page that came with it is one."""
    if not isinstance(error, BadStatus) or not error.page.body:
        return None
    page = error.page
    found = extract(decode(page.body, page.content_type), page.final_url)
    return ("blocked", f"{error}: {found.reason}") if found.failure == "blocked" else None


def _http_facts(error: FetchFailed) -> dict[str, Any]:
    return {"http_status": error.status} if isinstance(error, BadStatus) else {}


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
