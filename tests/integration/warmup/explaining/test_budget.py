"""The daily budget in a real table: reserved at its worst, settled by what was used, and never overdrawn."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.integration.warmup.explaining.conftest import PRICES, Counter, MakeExplainer
from tests.support.models import Asked, Fails, ModelServer, Says, good
from tests.support.search_interest import comparison
from warmup.explaining.budget import Budget
from warmup.explaining.errors import BudgetExhausted, BudgetUnknown, OutOfTime
from warmup.explaining.explain import explain

EVENING = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
COST = PRICES.cost(900, 300)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = EVENING

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budget(counter: Counter, clock: Clock) -> Budget:
    return Budget(lambda: counter.client("dynamodb"), counter.table, Decimal("0.10"), clock=clock)


def test_a_reservation_is_replaced_by_what_was_used(budget: Budget, counter: Counter) -> None:
    reservation = budget.reserve(Decimal("0.06"))
    assert (counter.spent_usd, counter.reserved) == (Decimal("0.06"), 1)

    budget.settle(reservation, Decimal("0.01"))

    assert (counter.spent_usd, counter.reserved, counter.calls) == (Decimal("0.01"), 0, 1)


def test_what_does_not_fit_is_not_reserved(budget: Budget, counter: Counter) -> None:
    budget.reserve(Decimal("0.06"))

    with pytest.raises(BudgetExhausted, match=r"0\.06\d* of 0\.10\d* USD are spent or reserved on 2026-11-22"):
        budget.reserve(Decimal("0.040000001"))

    budget.reserve(Decimal("0.04"))
    assert counter.spent_usd == Decimal("0.10")


def test_what_never_fits_is_said_without_asking(budget: Budget, counter: Counter) -> None:
    with pytest.raises(BudgetExhausted, match="more than the whole daily budget"):
        budget.reserve(Decimal("0.11"))

    assert counter.items() == []


def test_what_was_given_back_can_be_spent(budget: Budget) -> None:
    budget.settle(budget.reserve(Decimal("0.10")), Decimal("0.01"))

    budget.reserve(Decimal("0.09"))


def test_more_than_the_worst_is_counted_too(budget: Budget, counter: Counter) -> None:
    budget.settle(budget.reserve(Decimal("0.09")), Decimal("0.20"))

    assert counter.spent_usd == Decimal("0.20")
    with pytest.raises(BudgetExhausted):
        budget.reserve(Decimal("0.000000001"))


def test_a_crash_leaves_the_reservation(budget: Budget, counter: Counter) -> None:
    budget.reserve(Decimal("0.08"))

    with pytest.raises(BudgetExhausted):
        budget.reserve(Decimal("0.08"))


def test_parts_of_a_billionth_are_rounded_up(budget: Budget, counter: Counter) -> None:
    budget.settle(budget.reserve(Decimal("0.0000000001")), Decimal("0.0000000001"))

    assert counter.spent_usd == Decimal("0.000000001")


def test_the_day_is_that_of_utc_and_a_call_belongs_to_the_day_it_began(
    budget: Budget, counter: Counter, clock: Clock
) -> None:
    over_midnight = budget.reserve(Decimal("0.10"))
    clock.now += timedelta(minutes=2)

    budget.settle(budget.reserve(Decimal("0.10")), Decimal("0.02"))
    budget.settle(over_midnight, Decimal("0.01"))

    spent = {item["sk"]["S"]: int(item["spent_nano_usd"]["N"]) for item in counter.items()}
    assert spent == {"2026-11-22": 10_000_000, "2026-11-23": 20_000_000}
    assert counter.days() == ["2026-11-22", "2026-11-23"]


def test_the_counter_goes_after_weeks(budget: Budget, counter: Counter) -> None:
    budget.reserve(Decimal("0.01"))

    [item] = counter.items()
    assert int(item["expires_s"]["N"]) == int((EVENING + timedelta(days=35)).timestamp())


class LossyClient:
    """Does what it is asked and loses the answer, once; boto3's retry then asks again."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def update_item(self, **request: Any) -> Any:
        self._client.update_item(**request)
        return self._client.update_item(**request)


def test_a_lost_answer_counts_once(counter: Counter, clock: Clock) -> None:
    client = LossyClient(counter.client("dynamodb"))
    budget = Budget(lambda: client, counter.table, Decimal("0.10"), clock=clock)

    reservation = budget.reserve(Decimal("0.06"))
    assert (counter.spent_usd, counter.calls) == (Decimal("0.06"), 1)

    budget.settle(reservation, Decimal("0.02"))
    assert counter.spent_usd == Decimal("0.02")


def test_without_the_counter_nothing_is_spent(
    models: ModelServer, counter: Counter, make: MakeExplainer, soon: float
) -> None:
    missing = Budget(lambda: counter.client("dynamodb"), "no-such-table", Decimal(1))

    with pytest.raises(BudgetUnknown, match="ResourceNotFoundException"):
        explain(comparison(), make(budget=missing), deadline=soon)

    assert models.asked == []


class SilentClient:
    """DynamoDB does not answer."""

    def update_item(self, **_request: Any) -> Any:
        raise ReadTimeoutError(endpoint_url="http://nowhere")


def test_a_silent_counter_is_named(clock: Clock) -> None:
    budget = Budget(SilentClient, "any", Decimal(1), clock=clock)

    with pytest.raises(BudgetUnknown, match="ReadTimeoutError"):
        budget.reserve(Decimal("0.01"))


def test_what_cannot_be_settled_stays_reserved_and_spoils_nothing(
    models: ModelServer, counter: Counter, make: MakeExplainer, soon: float, capsys: pytest.CaptureFixture[str]
) -> None:
    def settle_no_more(_asked: Asked) -> None:
        counter.client("dynamodb").delete_table(TableName=counter.table)

    models.before = settle_no_more

    explained = explain(comparison(), make(), deadline=soon)

    assert explained.bundle["provider"] == "openai"
    assert "reservation_kept" in capsys.readouterr().out


class StuckClient:
    """Does what it is asked until a request is the `stuck_at`th; that one does not end."""

    def __init__(self, client: Any, stuck_at: int) -> None:
        self._client = client
        self._left = stuck_at
        self.released = threading.Event()

    def update_item(self, **request: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            self.released.wait(30)
        return self._client.update_item(**request)


def test_a_counter_that_hangs_does_not_outlive_the_deadline(
    models: ModelServer, counter: Counter, make: MakeExplainer
) -> None:
    client = StuckClient(counter.client("dynamodb"), stuck_at=1)
    stuck = Budget(lambda: client, counter.table, Decimal(1))

    with pytest.raises(OutOfTime):
        explain(comparison(), make(budget=stuck), deadline=time.monotonic() + 0.7)

    client.released.set()
    assert models.asked == []


def test_a_counter_that_hangs_at_the_end_keeps_no_answer_back(
    counter: Counter, make: MakeExplainer, soon: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warmup.explaining.asking._SETTLING_S", 0.05)
    client = StuckClient(counter.client("dynamodb"), stuck_at=2)
    stuck = Budget(lambda: client, counter.table, Decimal(1))

    explained = explain(comparison(), make(budget=stuck), deadline=soon)

    assert (explained.bundle["provider"], explained.usage.attempts, counter.reserved) == ("openai", 1, 1)
    client.released.set()


def test_many_threads_never_overdraw_it(budget: Budget, counter: Counter) -> None:
    began = threading.Barrier(12)
    wins = []

    def spend(number: int) -> None:
        began.wait(30)
        for _ in range(3):
            try:
                reservation = budget.reserve(Decimal("0.03"))
            except BudgetExhausted:
                continue
            assert counter.spent_usd <= Decimal("0.10")
            wins.append(number)
            budget.settle(reservation, Decimal("0.02"))

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(spend, range(12)))

    assert 1 <= len(wins) <= 4
    assert counter.spent_usd == Decimal("0.02") * len(wins)


def test_a_run_stops_where_the_money_ends(
    models: ModelServer, counter: Counter, make: MakeExplainer, soon: float
) -> None:
    explainer = make(daily_budget_usd=Decimal("0.02"))

    def explain_many() -> None:
        for _ in range(50):
            explain(comparison(), explainer, deadline=soon)

    with pytest.raises(BudgetExhausted) as caught:
        explain_many()

    assert 1 < len(models.asked) < 20
    assert counter.spent_usd == len(models.asked) * COST < Decimal("0.02")
    assert caught.value.usage.attempts == 0


def test_what_the_correction_cannot_pay_is_reported_with_what_was_used(
    models: ModelServer, counter: Counter, make: MakeExplainer, soon: float
) -> None:
    models.answers = [Says("no JSON", input_tokens=1_900_000)]

    with pytest.raises(BudgetExhausted) as caught:
        explain(comparison(), make(daily_budget_usd=Decimal("0.95")), deadline=soon)

    assert (caught.value.usage.attempts, caught.value.usage.input_tokens) == (1, 1_900_000)
    assert caught.value.usage.cost_usd == counter.spent_usd


def test_threads_share_an_explainer(models: ModelServer, counter: Counter, make: MakeExplainer, soon: float) -> None:
    models.answers = [Says(good), Fails(500), Says("broken"), Fails(429, {"Retry-After": "0"})]
    explainer = make()

    with ThreadPoolExecutor(3) as threads:
        explained = list(threads.map(lambda _: explain(comparison(), explainer, deadline=soon), range(6)))

    assert {one.bundle["provider"] for one in explained} == {"openai"}
    assert counter.spent_usd == sum(one.usage.cost_usd for one in explained)
    assert counter.reserved == 0


def test_other_errors_of_the_table_are_not_shown_as_exhausted(counter: Counter, clock: Clock) -> None:
    class Denied:
        def update_item(self, **_request: Any) -> Any:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "x"}}, "UpdateItem")

    with pytest.raises(BudgetUnknown, match="AccessDeniedException"):
        Budget(Denied, counter.table, Decimal(1), clock=clock).reserve(Decimal("0.01"))
