"""Tell people that something they wish for is back: the handler of the wishlist-stock-check job."""

from __future__ import annotations

from nightshift import Job, Outcome, Run

CHECK_STOCK = Job(
    name="wishlist-stock-check",
    lock="wishlist:stock-check",
    at_most_s=900,
    description="Find wishes that were out of stock and can be had again, and tell.",
    completed="Wishlist stock check completed",
)


@CHECK_STOCK.handler
def handler(run: Run) -> Outcome:
    """Find what is due, page by page, and deliver it."""
    from wishlist.checking import check_stock

    return check_stock(run)
