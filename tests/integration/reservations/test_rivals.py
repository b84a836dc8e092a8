"""The cleanup beside checkouts that reserve, extend, complete and release at random: the books balance at the end."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from uuid import UUID

from nightshift.job import Run
from reservations import pace
from reservations.cleanup import release_expired
from reservations.cleanup_reservations import CLEANUP_RESERVATIONS
from tests.integration.reservations.shop import Refused, Shop
from tests.support.runs import running

IN_STOCK = 40
CHECKOUTS, CARTS = 4, 60
# Not enough left, or too late: what a shop's code has to expect. Anything else (a deadlock, say) fails the test.
EXPECTED = {"NS011", "NS013"}


class Checkout:
    """One checkout after the other on one connection; `sold` is what this shop believes it has sold."""

    def __init__(self, shop: Shop, products: Sequence[int], seed: int) -> None:
        self._shop = shop
        self._products = products
        self._random = random.Random(seed)  # noqa: S311  # chance, not secrecy
        self._open: list[UUID] = []
        self.sold: Counter[UUID] = Counter()
        self.refused: Counter[str] = Counter()

    def work(self) -> None:
        for _ in range(CARTS):
            self._try(self._fill)
            for hold in self._random.sample(self._open, k=min(3, len(self._open))):
                self._try(self._random.choice((self._extend, self._buy, self._buy, self._drop)), hold)

    def _try(self, step: Callable[..., None], *holds: UUID) -> None:
        try:
            step(*holds)
        except Refused as refused:
            self._shop.run("ROLLBACK")
            self.refused[refused.code] += 1

    def _fill(self) -> None:
        """A cart of up to three products, all or nothing, in the order of their stock rows."""
        self._shop.run("BEGIN")
        wanted = sorted(self._random.sample(self._products, k=self._random.randint(1, 3)))
        holds = [self._shop.reserve(product, self._random.randint(1, 2), self._lifetime()) for product in wanted]
        self._shop.run("COMMIT")
        self._open += holds

    def _lifetime(self) -> str:
        return self._random.choice(("1 millisecond", "10 milliseconds", "50 milliseconds", "10 minutes"))

    def _extend(self, hold: UUID) -> None:
        self._shop.extend(hold, self._lifetime())

    def _buy(self, hold: UUID) -> None:
        self._shop.complete(hold)
        self.sold[hold] += 1

    def _drop(self, hold: UUID) -> None:
        self._shop.release(hold)


def clean(url: str, over: Event) -> int:
    """The cleanup again and again, until the checkouts are over and once more; what it released."""
    released, last = 0, False
    with running(CLEANUP_RESERVATIONS, url) as run:
        while not last:
            last = over.is_set()
            released += release_expired(run).processed
    return released


def test_the_books_balance(
    shop: Shop, run: Run, postgres_url: str, connect: Callable[[], Any], monkeypatch: Any
) -> None:
    for name in ("START", "MOST"):
        monkeypatch.setattr(pace, name, 5)
    products = [shop.stock(IN_STOCK) for _ in range(6)]
    over = Event()

    def check_out(seed: int) -> Checkout:
        with connect() as own:
            checkout = Checkout(own, products, seed)
            checkout.work()
        return checkout

    with ThreadPoolExecutor(CHECKOUTS + 2) as pool:
        cleaners = [pool.submit(clean, postgres_url, over) for _ in range(2)]
        try:
            checkouts = list(pool.map(check_out, range(CHECKOUTS)))
        finally:
            over.set()
        cleaned = sum(cleaner.result() for cleaner in cleaners)

    refused = sum((checkout.refused for checkout in checkouts), Counter[str]())
    assert refused.keys() <= EXPECTED
    assert shop.imbalance() == []
    sold = sum((checkout.sold for checkout in checkouts), Counter[UUID]())
    completed = [
        UUID(str(row[0])) for row in shop.run("SELECT id FROM inventory_reservations WHERE status = 'completed'")
    ]
    assert set(completed) == set(sold), "what was sold stays sold, and nothing else is"
    missing = shop.run(
        f"SELECT product_id FROM inventory AS i WHERE quantity <> {IN_STOCK} - (SELECT coalesce(sum(r.quantity), 0)"
        " FROM inventory_reservations AS r WHERE r.inventory_id = i.id AND r.status = 'completed')"
    )
    assert missing == []
    assert cleaned, "the cleanup had something to do meanwhile"
    shop.run("UPDATE inventory_reservations SET expires_at = now() WHERE status = 'active'")
    release_expired(run)
    assert shop.one("SELECT sum(reserved) FROM inventory") == 0
    assert shop.imbalance() == []
