"""Check the tracked products that are due: the handler of the product-checks job."""

from __future__ import annotations

from nightshift import Integer, Job, Outcome, Run

CHECK_PRODUCTS = Job(
    name="product-checks",
    at_most_s=900,
    description="Fetch the tracked product pages that are due, and record what changed.",
    parameters=(
        Integer("limit", 1, 500, description="Check at most this many products (default MAX_PRODUCTS_PER_RUN)."),
        Integer("product_id", 1, 2**53, description="Check this product alone, whether or not it is due."),
    ),
    completed="Product checks completed",
)


@CHECK_PRODUCTS.handler
def handler(run: Run) -> Outcome:
    """Check what is due, several hosts at a time, and stop between two products when the time is up."""
    # Fetching and extraction are loaded at the first run: they would double the function's start.
    from product_checks.checking import check_due_products

    return check_due_products(run)
