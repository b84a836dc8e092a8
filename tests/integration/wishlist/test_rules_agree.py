"""Whatever happens in a shop, PostgreSQL tells the same people as the rules in Python do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.integration.wishlist.conftest import EMPTY
from tests.integration.wishlist.shop import Checks, Shop
from wishlist.rules import Prices, Verdict, Wish, after_sale, judge_sale, judge_stock, same_sale

PEOPLE = ("ada", "bert")
_HOUR = timedelta(hours=1)
# Close to each other, so that equal prices and equal percentages come up.
PRICE = st.sampled_from(["50", "80", "89.99", "90", "100", "120"])
SALE = st.one_of(st.none(), PRICE, st.sampled_from(["0", "-1", "71", "72", "45"]))
HOURS = st.sampled_from([None, None, -1, 1])
CURRENCY = st.sampled_from(["USD", "USD", "USD", "EUR"])
PERCENT = st.sampled_from([0, 0, 10, 20])
WHO = st.sampled_from(PEOPLE)

a_run = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass
class Sales:
    """The shop in PostgreSQL, and what the rules make of the same events."""

    shop: Shop
    checks: Checks
    prices: Prices = field(default_factory=lambda: Prices(Decimal(100), "USD"))
    wishes: dict[str, Wish] = field(default_factory=dict)

    def wish(self, who: str) -> None:
        """Somebody wishes for it, once."""
        if who in self.wishes:
            return
        self.shop.wish(who)
        price = self.prices.now(_now())
        self.wishes[who] = Wish(price, self.prices.currency if price is not None else None)

    def price(self, regular: str | None, currency: str, sale: str | None, starts: int | None, ends: int | None) -> None:
        """The shop changes its prices."""
        currency_or_none = currency if regular else None
        self.shop.price(
            regular_price=regular, regular_currency=currency_or_none, sale_price=sale, sale_starts_at=starts,
            sale_ends_at=ends,
        )  # fmt: skip
        now = _now()
        before, self.prices = self.prices, Prices(
            Decimal(regular) if regular else None, currency_or_none, Decimal(sale) if sale else None,
            now + starts * _HOUR if starts else None, now + ends * _HOUR if ends else None,
        )  # fmt: skip
        # Where nothing changes, nothing ends: dates of the same hour are other dates, though.
        unchanged = before == self.prices
        if not unchanged and not same_sale(before, self.prices, now):
            self.wishes = {who: replace(wish, told=None) for who, wish in self.wishes.items()}

    def time_passes(self) -> None:
        """The end of the sale comes."""
        self.shop.let_sale_end()
        self.prices = replace(self.prices, ends_at=_now() - timedelta(seconds=1))

    def check(self, percent: int) -> None:
        """A check tells the same people, and nobody the second time."""
        verdicts = {who: judge_sale(self.prices, wish, _now(), percent) for who, wish in self.wishes.items()}
        self.wishes = {who: after_sale(self.prices, wish, verdicts[who]) for who, wish in self.wishes.items()}
        assert self.checks.sales(percent) == sorted(who for who in verdicts if verdicts[who] is Verdict.TELL)
        assert self.checks.sales(percent) == []


def _now() -> datetime:
    return datetime.now(UTC)


SALES: Any = st.one_of(
    st.tuples(st.just("wish"), WHO),
    st.tuples(st.just("price"), st.one_of(st.none(), PRICE, PRICE, PRICE), CURRENCY, SALE, HOURS, HOURS),
    st.tuples(st.just("price"), st.just("100"), st.just("USD"), SALE, st.none(), st.sampled_from([None, 1])),
    st.tuples(st.just("time_passes")),
    st.tuples(st.just("check"), PERCENT),
)


@a_run
@given(events=st.lists(SALES, min_size=3, max_size=12))
def test_sales(events: list[tuple[Any, ...]], shop: Shop, checks: Checks) -> None:
    shop.run(EMPTY)
    shop.open()
    _play(Sales(shop, checks), [*events, ("check", 0)])


_NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
A_DATE = st.sampled_from([None, -1, 0, 1])


@a_run
@given(regular=st.one_of(st.none(), PRICE), sale=SALE, starts=A_DATE, ends=A_DATE)
@example(regular="100", sale="80", starts=0, ends=None)
@example(regular="100", sale="80", starts=1, ends=None)
@example(regular="100", sale="80", starts=None, ends=0)
@example(regular="100", sale="80", starts=None, ends=1)
def test_to_the_moment(regular: str | None, sale: str | None, starts: int | None, ends: int | None, shop: Shop) -> None:
    dates = [_NOON + timedelta(microseconds=each) if each is not None else None for each in (starts, ends)]
    prices = Prices(Decimal(regular) if regular else None, "USD", Decimal(sale) if sale else None, *dates)
    said = shop.one(
        "SELECT is_on_sale(CAST(:regular AS numeric), CAST(:sale AS numeric), :starts, :ends, :noon)",
        regular=regular, sale=sale, starts=dates[0], ends=dates[1], noon=_NOON,
    )  # fmt: skip
    assert said is prices.is_on_sale(_NOON)


@dataclass
class Stock:
    """The stock in PostgreSQL, and what the rules make of the same events."""

    shop: Shop
    checks: Checks
    quantity: int = 10
    held: int = 0
    expired: int = 0
    wishes: dict[str, Wish] = field(default_factory=dict)

    @property
    def available(self) -> int:
        """What can be sold."""
        return max(self.quantity - self.held, 0)

    def wish(self, who: str) -> None:
        """Somebody wishes for it, once."""
        if who not in self.wishes:
            self.shop.wish(who)
            self.wishes[who] = Wish(Decimal(100), "USD")

    def set(self, quantity: int) -> None:
        """The shop counts, or gets new ones."""
        self.shop.stock(quantity)
        self.quantity = quantity

    def reserve(self, wanted: int) -> None:
        """A checkout holds some, if there are as many."""
        if wanted <= self.available:
            self.shop.reserve(wanted)
            self.held += wanted

    def expire(self) -> None:
        """The time of all holds is over; they wait for their release."""
        self.shop.expire_holds()
        self.expired, self.held = self.expired + self.held, 0

    def clean_up(self) -> None:
        """The cleanup comes."""
        self.shop.run(
            "SELECT release_expired_reservations('own', '-infinity', '00000000-0000-0000-0000-000000000000', 100)"
        )
        self.expired = 0

    def give_back(self) -> None:
        """All buyers give up."""
        self.shop.run("SELECT release_reservation(id) FROM inventory_reservations WHERE status = 'active'")
        self.held = self.expired = 0

    def sell(self) -> None:
        """All buyers pay."""
        if self.held <= self.quantity:
            self.shop.run(
                "SELECT complete_reservation(id) FROM inventory_reservations"
                " WHERE status = 'active' AND expires_at > clock_timestamp()"
            )
            self.quantity, self.held = self.quantity - self.held, 0

    def check(self) -> None:
        """A check tells the same people, and nobody the second time."""
        told = [who for who, wish in self.wishes.items() if judge_stock(wish, self.available) is Verdict.TELL]
        self.wishes |= {who: replace(self.wishes[who], seen_out=False) for who in told}
        assert self.checks.restocks() == sorted(told)
        assert self.checks.restocks() == []

    def look(self) -> None:
        """Whoever wishes for something that is out has seen it out."""
        if self.available == 0:
            self.wishes = {who: replace(wish, seen_out=True) for who, wish in self.wishes.items()}


STOCK: Any = st.one_of(
    st.tuples(st.just("wish"), WHO),
    st.tuples(st.just("set"), st.integers(0, 4)),
    st.tuples(st.just("reserve"), st.integers(1, 4)),
    *(st.tuples(st.just(event)) for event in ("expire", "clean_up", "give_back", "sell", "check")),
)


@a_run
@given(events=st.lists(STOCK, min_size=3, max_size=14))
def test_stock(events: list[tuple[Any, ...]], shop: Shop, checks: Checks) -> None:
    shop.run(EMPTY)
    shop.open()
    _play(Stock(shop, checks), [("set", 3), *events, ("check",)])


def _play(story: Any, events: list[tuple[Any, ...]]) -> None:
    for name, *values in events:
        play: Callable[..., None] = getattr(story, name)
        play(*values)
        if isinstance(story, Stock):
            story.look()
