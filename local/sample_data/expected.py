"""What a run over the market should come to on a day, job by job and product by product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from local.sample_data import puppets, warmups
from local.sample_data.archive import forgotten
from local.sample_data.people import FOLLOWINGS, PEOPLE, Person
from local.sample_data.story import known_after, told_on
from local.sample_data.wishes import abandoned, told_of_restocks, told_of_sales
from local.shop import catalogue
from local.shop.products import Product
from local.shop.timeline import Trouble

_BY_PATH = {product.tracked_path: product for product in catalogue.PRODUCTS}
# The error class that a check of such a page ends with.
_ERROR_CLASS = {
    Trouble.NOT_FOUND: "gone",
    Trouble.GONE: "gone",
    Trouble.SOFT_404: "gone",
    Trouble.WALL_403: "blocked",
    Trouble.WALL_503: "blocked",
    Trouble.WALL_200: "blocked",
    Trouble.RATE_LIMITED: "rate_limited",
    Trouble.NEVER: "timeout",
    Trouble.HUGE: "too_large",
    Trouble.FORBIDDEN: "address_refused",
    Trouble.DISALLOWED: "robots_disallowed",
    Trouble.ARTICLE: "not_a_product",
    Trouble.LISTING: "several_products",
}


@dataclass(frozen=True)
class ExpectedJob:
    """How the first run of a job on a new day ends."""

    status: str  # as in job_runs
    processed: int
    failed: int


@dataclass(frozen=True)
class ExpectedProduct:
    """How the check of one product ends, and what is known of the product afterwards."""

    path: str
    name: str
    status: str  # as in check_runs
    error_class: str | None
    price: Decimal | None
    currency: str | None
    availability: str
    notifications: int


@dataclass(frozen=True)
class Expected:
    """How a day ends, by the names of the jobs and the paths of the products; nobody hears of two wishes on one day."""

    jobs: Mapping[str, ExpectedJob]
    products: Mapping[str, ExpectedProduct]
    mails: int  # that leave in this first run


def expectations(day: int) -> Expected:
    """What the first run on `day` should come to, when the run before was on the day before."""
    products = {product.tracked_path: _expected(product, day) for product in catalogue.PRODUCTS}
    failed = sum(product.status == "failed" for product in products.values())
    sales, restocks = told_of_sales(day), told_of_restocks(day)
    # Who hears of a wish hears in the same mail what product checks found.
    mailed = {wish.person for wish in (*sales, *restocks)}
    left = {person: _messages(person, day) for person in PEOPLE if person not in mailed}
    jobs = {
        "product-checks": ExpectedJob("succeeded", len(products), failed),
        "cleanup-reservations": ExpectedJob("succeeded", len(abandoned()), 0),
        "wishlist-sale-check": ExpectedJob("succeeded", len(sales), 0),
        "wishlist-stock-check": ExpectedJob("succeeded", len(restocks), 0),
        "deliver-notifications": ExpectedJob("succeeded", sum(left.values()), 0),
        "puppet-jobs": ExpectedJob("succeeded", *puppets.ended()),
        "retention": ExpectedJob("succeeded", forgotten(), 0),
        "watchdog": ExpectedJob("succeeded", 0, 0),
        "warmup-forecasts": ExpectedJob("succeeded", *warmups.forecast()),
        "warmup-ai-explanations": ExpectedJob("succeeded", warmups.explained(), 0),
        "warmup-on-demand": ExpectedJob("succeeded", len(("forecasts", "explanations")), 0),
    }
    return Expected(jobs, products, mails=len(mailed) + sum(map(bool, left.values())))


def _messages(person: Person, day: int) -> int:
    """How many notifications the product checks of `day` write for a person."""
    followings = (following for following in FOLLOWINGS if following.person == person)
    return sum(told_on(_BY_PATH[following.path], following, day).messages for following in followings)


def error_class(product: Product, day: int) -> str | None:
    """The error class that the product's check ends with on `day`, None when it succeeds."""
    trouble = product.trouble(day)
    return _ERROR_CLASS[trouble] if trouble else None


def _expected(product: Product, day: int) -> ExpectedProduct:
    error = error_class(product, day)
    offer = known_after(product, day).offer
    followings = [following for following in FOLLOWINGS if following.path == product.tracked_path]
    return ExpectedProduct(
        path=product.tracked_path,
        name=product.name,
        status="failed" if error else "success",
        error_class=error,
        price=offer.price if offer else None,
        currency=product.store.currency if offer else None,
        availability=offer.availability if offer else "unknown",
        notifications=sum(told_on(product, following, day).messages for following in followings),
    )
