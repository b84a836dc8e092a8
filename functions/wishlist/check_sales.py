"""Tell people that something they wish for is on sale: the handler of the wishlist-sale-check job."""

from __future__ import annotations

from nightshift import Job, Outcome, Run

CHECK_SALES = Job(
    name="wishlist-sale-check",
    lock="wishlist:sale-check",
    at_most_s=900,
    description="Find wishes that are on sale for less than their person knows, and tell.",
    completed="Wishlist sale check completed",
)


@CHECK_SALES.handler
def handler(run: Run) -> Outcome:
    """Find what is due, page by page, and deliver it."""
    from wishlist.checking import check_sales

    return check_sales(run)
