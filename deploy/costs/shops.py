"""The three sizes of shop that are reckoned with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HOURS: Final = 730
DAYS: Final = HOURS / 24


@dataclass(frozen=True)
class Shop:
    """What happens in a shop, a day where nothing else is said.

    Attributes:
        products: tracked, on so many `hosts`. check_minutes, checks_a_run: how often the checks run, and of how many.
        mails: to people, of 20 notices each. carts: with holds on stock, of which most expire.
        terms: comparisons that are kept warm, each made anew in a week. puppet_jobs: at workers that take two seconds.
        page_views: of the dashboard. calls: webhooks, workers' answers and triggers.
    """

    name: str
    products: int
    hosts: int
    check_minutes: int
    checks_a_run: int
    wishes: int
    mails: int
    carts: int
    terms: int
    puppet_jobs: int
    page_views: int
    calls: int


SHOPS: Final = (
    Shop("small", 200, 5, 30, 50, 5_000, 20, 100, 20, 200, 50, 200),
    Shop("medium", 2_000, 50, 30, 500, 100_000, 1_000, 2_000, 100, 5_000, 500, 5_000),
    Shop("large", 20_000, 300, 3, 500, 1_000_000, 20_000, 50_000, 200, 100_000, 5_000, 100_000),
)
