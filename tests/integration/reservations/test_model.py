"""The rules once more, as a few lines of Python, and the database beside them through random days of a shop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from nightshift.job import Run
from reservations.cleanup import release_expired
from tests.integration.reservations.shop import Refused, Shop

QUIET: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}
TTL = 10


@dataclass
class Hold:
    """One hold as the model sees it; times are minutes of the model's own clock."""

    quantity: int
    created: int
    expires: int | None = None
    status: str = "active"

    def ends(self) -> int:
        return self.created + TTL if self.expires is None else self.expires

    def lives(self, now: int) -> bool:
        return self.status == "active" and self.ends() > now


class Day(RuleBasedStateMachine):
    """A product, its holds, and the model of both."""

    shop: ClassVar[Shop]
    run: ClassVar[Run]
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.quantity = 12
        self.model: dict[UUID, Hold] = {}
        self.lamp = self.shop.stock(self.quantity)

    def teardown(self) -> None:
        self.shop.run("DELETE FROM inventory_reservations")

    def free(self) -> int:
        return self.quantity - sum(hold.quantity for hold in self.model.values() if hold.lives(self.now))

    @rule(target=holds, wanted=st.integers(1, 5), lifetime=st.sampled_from([None, 5, 25]))
    def reserve(self, wanted: int, lifetime: int | None) -> UUID:
        id_ = uuid4()
        with expecting("NS011" if wanted > self.free() else None):
            self.shop.reserve(self.lamp, wanted, f"{lifetime} minutes" if lifetime else None, id=id_)
            self.model[id_] = Hold(wanted, self.now, self.now + (lifetime or TTL))
        return id_

    @rule(target=holds, quantity=st.integers(1, 3))
    def insert(self, quantity: int) -> UUID:
        """A shop's own INSERT, which looks at nothing but leaves the end to the setting."""
        id_: UUID = self.shop.hold(self.lamp, quantity)
        self.model[id_] = Hold(quantity, self.now)
        return id_

    @rule(id_=holds, lifetime=st.sampled_from([None, 5, 25]))
    def extend(self, id_: UUID, lifetime: int | None) -> None:
        hold = self.model.get(id_)
        with expecting(trouble(hold, self.now)):
            self.shop.extend(id_, f"{lifetime} minutes" if lifetime else None)
            assert hold
            hold.expires = max(hold.ends(), self.now + (lifetime or TTL))

    @rule(id_=holds)
    def complete(self, id_: UUID) -> None:
        hold = self.model.get(id_)
        if hold and hold.status == "completed":
            assert self.shop.complete(id_) == "completed"
            return
        too_many = "NS011" if hold and hold.quantity > self.quantity else None
        with expecting(trouble(hold, self.now) or too_many):
            self.shop.complete(id_)
            assert hold
            hold.status = "completed"
            self.quantity -= hold.quantity

    @rule(id_=holds)
    def release(self, id_: UUID) -> None:
        hold = self.model.get(id_)
        sold = "NS013" if hold and hold.status == "completed" else None
        with expecting("NS012" if hold is None else sold):
            self.shop.release(id_)
            assert hold
            if hold.status == "active":
                hold.status = "released"

    @rule(minutes=st.sampled_from([4, 6, 11]))
    def time_passes(self, minutes: int) -> None:
        self.shop.run(
            "UPDATE inventory_reservations SET created_at = created_at - CAST(:by AS interval),"
            " expires_at = expires_at - CAST(:by AS interval)",
            by=f"{minutes} minutes",
        )
        self.now += minutes

    @rule()
    def clean(self) -> None:
        due = [hold for hold in self.model.values() if hold.status == "active" and not hold.lives(self.now)]
        outcome = release_expired(self.run)
        assert (outcome.processed, outcome.failed) == (len(due), 0)
        for hold in due:
            hold.status = "expired"

    @invariant()
    def they_agree(self) -> None:
        active = sum(hold.quantity for hold in self.model.values() if hold.status == "active")
        assert self.shop.counters(self.lamp) == (self.quantity, active)
        assert self.shop.available(self.lamp) == max(0, self.free())
        rows = self.shop.run("SELECT id, status FROM inventory_reservations")
        assert {UUID(str(id_)): status for id_, status in rows} == {
            id_: hold.status for id_, hold in self.model.items()
        }


def test_the_database_does_as_the_model(shop: Shop, run: Run) -> None:
    today = type("Today", (Day,), {"shop": shop, "run": run})
    run_state_machine_as_test(today, settings=settings(max_examples=25, stateful_step_count=25, **QUIET))


def trouble(hold: Hold | None, now: int) -> str | None:
    if hold is None:
        return "NS012"
    return None if hold.lives(now) else "NS013"


@contextmanager
def expecting(code: str | None) -> Iterator[None]:
    """The block is refused with this SQLSTATE; None = it is not."""
    if code is None:
        yield
        return
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code


@given(
    quantities=st.lists(st.integers(1, 6), min_size=1, max_size=8),
    counted=st.integers(0, 30),
    has_stock=st.booleans(),
)
@settings(max_examples=40, **QUIET)
def test_a_counter_that_is_too_low_gives_back_what_it_can(
    shop: Shop, run: Run, quantities: list[int], counted: int, has_stock: bool
) -> None:
    shop.run("DELETE FROM inventory_reservations")
    lamp = shop.stock(100)
    for quantity in quantities:
        shop.hold(lamp, quantity, expires_in="-1 second")
    shop.run("UPDATE inventory SET reserved = :n WHERE product_id = :id", n=counted, id=lamp)
    if not has_stock:
        shop.run("DELETE FROM products WHERE id = :id", id=lamp)
        counted = 0

    outcome = release_expired(run)

    left, fitting = counted, []
    for quantity in sorted(quantities):
        if quantity <= left:
            left -= quantity
            fitting.append(quantity)
    assert (outcome.processed, outcome.failed) == (len(fitting), len(quantities) - len(fitting))
    released = shop.run("SELECT quantity FROM inventory_reservations WHERE status = 'expired' ORDER BY quantity")
    assert [row[0] for row in released] == fitting
    if has_stock:
        assert shop.counters(lamp) == (100, left)
