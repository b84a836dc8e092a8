"""One check: find what is due, page by page, each page told in one fenced transaction; then deliver it.

Only counts come back from the database, so that memory stays flat however many people are told. The rules are in
`queries.sql` and, for people and tests, in `rules.py`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nightshift import Outcome, Run
from nightshift.sql import queries
from wishlist.settings import load_settings

# One page is one transaction: short enough to keep nobody waiting who changes a wish.
PAGE_SIZE = 1000
_BEGINNING: Mapping[str, Any] = {"product_id": 0, "variant_id": 0}


@dataclass(frozen=True)
class Search:
    """What the two checks differ in: the kind of their notifications, and their statements."""

    kind: str
    count: str
    claim: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Found:
    """What a search came to."""

    notified: int = 0
    # Wishes whose price could not be compared: it is taken as known.
    learned: int = 0
    done: bool = False

    def add(self, page: Mapping[str, Any]) -> None:
        """Count one page in; one that is not full was the last."""
        self.notified += page["notified"]
        self.learned += page["claimed"] - page["notified"]
        self.done = page["claimed"] < PAGE_SIZE


def check_sales(run: Run) -> Outcome:
    """Tell whoever wishes for something that is on sale now, below the price they know."""
    settings = load_settings(os.environ)
    if not settings.sale_check_enabled and run.trigger == "schedule":
        return _disabled()
    return _carry_out(run, sales(settings.min_drop_percent))


def check_stock(run: Run) -> Outcome:
    """Tell whoever wishes for something that was out of stock and can be had again."""
    if not load_settings(os.environ).stock_check_enabled and run.trigger == "schedule":
        return _disabled()
    return _carry_out(run, restocks())


def sales(min_drop_percent: int) -> Search:
    """Return the search for sales."""
    return Search("sale", "count_sale_wishes", "claim_sales", {"min_drop_percent": min_drop_percent})


def restocks() -> Search:
    """Return the search for restocks."""
    return Search("restock", "count_stock_wishes", "claim_restocks")


def find(run: Run, search: Search) -> Found:
    """Tell page after page, from one item to the next; what is left when the time is up stays due."""
    found, place = Found(), _BEGINNING
    while not found.done and run.time_left_s > 0:
        page = run.write(_sql(search.claim), page_size=PAGE_SIZE, **place, **search.values)[0]
        found.add(page)
        place = {name: page[name] for name in _BEGINNING}
        run.checkpoint()
    return found


def _disabled() -> Outcome:
    return Outcome(metadata={"checked": 0, "notified": 0, "errors": 0, "enabled": False})


def _carry_out(run: Run, search: Search) -> Outcome:
    # The templates of the mails are loaded at the first delivery: they would slow the function's start.
    from nightshift.delivery import deliver

    checked = run.database.read(_sql(search.count))[0]["wishes"]
    found = find(run, search)
    delivered = deliver(run, kinds=(search.kind,))
    errors = max(delivered.failed + delivered.doubtful, len(delivered.errors))
    run.count("WishesChecked", checked)
    run.count("WishesNotified", found.notified)
    learned = {"learned": found.learned} if found.learned else {}
    return Outcome(
        processed=found.notified,
        failed=errors,
        errors=delivered.errors,
        metadata={
            "checked": checked,
            "notified": found.notified,
            "errors": errors,
            **learned,
            "mails": delivered.sent_mails,
            "leftToDeliver": delivered.left,
        },
        unfinished=None if found.done else {},
    )


def _sql(name: str) -> str:
    return queries("wishlist")[name]
