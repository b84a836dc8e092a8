"""The largest case of each function: what lies there when it is called, with which event, and what must come of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.aws import SECRET
from nightshift.sql import queries
from tests.support.door import event

_SHOP: Final = queries("benchmarks.shop")
_OWN: Final = queries("benchmarks.memory")
_HISTORY: Final = queries("benchmarks", "history.sql")
USERS: Final = 100
PRODUCTS: Final = 10_000
DUE: Final = 10_000
HOLDS: Final = 100_000
HOSTS: Final = 20
PAGES: Final = 500
COMPARISONS: Final = 200
POINTS: Final = 10_000
RESULTS: Final = 1_000
OLD_ROWS: Final = 1_000_000
_QUICK_MAIL: Final = {"SES_MAX_PER_SECOND": "1000", "MAX_EMAILS_PER_USER_PER_DAY": "100"}

Prepare = Callable[["Place"], object]


@dataclass(frozen=True)
class Place:
    """Where a case is made ready: a plain connection, and the ports of shops and worker."""

    connection: Any
    ports: Sequence[int]

    def run(self, statement: str, **values: Any) -> None:
        """Run a statement."""
        self.connection.run(statement, **values)


@dataclass(frozen=True)
class Case:
    """One function at its largest.

    Attributes:
        function: its name in the template without `Function`.
        work: what it has to do, in words.
        prepare: puts that there.
        events: what it is called with, one after the other.
        environment: what differs from the deployed defaults, from the place.
        least: how many items the last answer must tell of.
    """

    function: str
    work: str
    prepare: Prepare
    events: Sequence[Any] = ({},)
    environment: Callable[[Place], Mapping[str, str]] = field(default=lambda _place: {})
    least: int = 0


def _wishes(place: Place) -> None:
    place.run(_SHOP["fill_users"], users=USERS)
    place.run(_SHOP["fill_products"], products=PRODUCTS)
    place.run("ALTER TABLE wishlists DISABLE TRIGGER ALL")
    place.run(_SHOP["fill_wishes"], users=USERS)
    place.run("ALTER TABLE wishlists ENABLE TRIGGER ALL")
    place.run(_SHOP["begin_sale"], every=PRODUCTS // 100)
    place.run("VACUUM ANALYZE")


def _holds(place: Place) -> None:
    place.run(_SHOP["fill_stock"], holds=HOLDS, products=PRODUCTS)
    place.run(_SHOP["fill_holds"], holds=HOLDS, products=PRODUCTS)
    place.run("VACUUM ANALYZE inventory_reservations")


def _restock(place: Place) -> None:
    place.run(_OWN["sell_out"], products=100)
    place.run(_OWN["restock"], products=100)


def _outbox(place: Place) -> None:
    """For everybody as many notifications as are read for one mail."""
    place.run(_SHOP["begin_sale"], every=PRODUCTS // 300)
    place.run(_SHOP["tell_all"])


def _pages(place: Place) -> None:
    urls = [f"http://127.0.0.1:{port}/{page}" for port in place.ports[:-1] for page in range(PAGES // HOSTS)]
    place.run(_OWN["track"], urls=json.dumps(urls))


def _history(place: Place) -> None:
    place.run(_HISTORY["fill_runs"], runs=20_000, jobs=["cleanup-reservations"])
    place.run(_OWN["lengthen_runs"])
    place.run("VACUUM ANALYZE job_runs")


def _comparisons(place: Place) -> None:
    place.run(_OWN["fill_comparisons"], comparisons=COMPARISONS, points=POINTS)


def _queue(place: Place) -> None:
    place.run(_OWN["fill_queue"], jobs=RESULTS)


def _old_rows(place: Place) -> None:
    place.run(_OWN["fill_old"], rows=OLD_ROWS)


def _open_runs(place: Place) -> None:
    place.run(_OWN["fill_open_runs"], runs=10_000)


def _nothing(_place: Place) -> None:
    """What there is already is enough."""


def _worker(place: Place) -> Mapping[str, str]:
    executors = {"look_up": {"url": f"http://127.0.0.1:{place.ports[-1]}/jobs"}}
    most = {"PUPPET_BATCH_SIZE": "500", "PUPPET_MAX_CONCURRENT_JOBS": "200", "PER_USER_LIMIT": "200"}
    return {"PUPPET_EXECUTORS": json.dumps(executors), **most}


def _mail(_place: Place) -> Mapping[str, str]:
    return _QUICK_MAIL


def _asked(**params: Any) -> Sequence[Any]:
    return ({"params": params},)


def _get(path: str, query: str = "") -> Any:
    return event("GET", path, {"X-Job-Secret": SECRET}, query=query)


_LISTS: Final = (_get("/"), *(_get("/jobs/cleanup-reservations", f"format={kind}") for kind in ("csv", "json")))
_BOUNCES: Final = {
    "detail-type": "Email Bounced",
    "source": "aws.ses",
    "detail": {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bouncedRecipients": [{"emailAddress": f"p{number}@example.com"} for number in range(1, 51)],
            "timestamp": "2026-11-22T15:00:02.000Z",
        },
        "mail": {"messageId": "m", "timestamp": "2026-11-22T15:00:00.000Z", "tags": {}},
    },
}

_OF_THE_SHOP: Final = (
    Case(
        "WishlistSaleCheck",
        "1,000,000 wishes, 10,000 due, 100 mails of 100 things",
        _wishes,
        environment=_mail,
        least=DUE,
    ),
    Case("CleanupReservations", "100,000 expired holds", _holds, least=HOLDS),
    Case("WishlistStockCheck", "1,000,000 wishes, 10,000 due", _restock, environment=_mail, least=DUE),
    Case("DeliverNotifications", "30,000 notifications for 100 people", _outbox, environment=_mail, least=30_000),
    Case(
        "ProductChecks",
        "500 pages on 20 hosts, of each one at the limit of 5 MB",
        _pages,
        _asked(limit=500),
        least=PAGES,
    ),
    Case("PuppetJobs", "1,000 results of 250 KB, 200 at a time", _queue, environment=_worker, least=RESULTS),
    Case("Retention", "1,000,000 old rows", _old_rows, least=OLD_ROWS),
    Case("Watchdog", "10,000 runs that nobody ended", _open_runs, least=10_000),
    Case("Api", "the first page, and the longest list as a file, in both forms", _history, _LISTS),
    Case("MailFeedback", "a message about 50 addresses", _nothing, (_BOUNCES,)),
)
_OF_FORECASTS: Final = (
    Case("WarmupForecasts", "200 comparisons of 10,000 days", _comparisons, _asked(limit=200), least=COMPARISONS),
    Case("WarmupExplanations", "100 comparisons of 10,000 days", _nothing, _asked(limit=100), least=100),
    Case("WarmupOnDemand", "a comparison of 10,000 days", _nothing, _asked(slug="thing-1-vs-other"), least=1),
)
# Each line in its order, as some find what those before them have left; the lines beside each other.
LINES: Final = (_OF_THE_SHOP, _OF_FORECASTS)
