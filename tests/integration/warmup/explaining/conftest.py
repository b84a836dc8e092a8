"""A server of models, the table with the counter of the budget, and explainers that use both."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from local.aws import AwsServices
from nightshift.secrets import Secrets
from tests.support import planted
from tests.support.aws import Aws
from tests.support.models import ModelServer, model_server
from warmup.explaining.budget import PARTITION, Budget
from warmup.explaining.explain import Explainer, make_explainer
from warmup.explaining.pricing import Prices
from warmup.explaining.retrying import Retries
from warmup.explaining.settings import ExplainerSettings

KEY = planted.OPENAI_KEY
NOTHING = Decimal(0)
PRICES = Prices(Decimal("0.50"), Decimal("2.00"))

MakeExplainer = Callable[..., Explainer]


@pytest.fixture
def models() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def counter(aws_server: AwsServices, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A table of this test's own: quicker than emptying all services."""
    for name, value in aws_server.environment().items():
        monkeypatch.setenv(name, value)
    return Counter(Aws(aws_server.endpoint))


class Counter:
    """The counter of the budget, as the tests look at it."""

    def __init__(self, aws: Aws) -> None:
        self.table = f"explanations-{uuid4().hex}"
        self._aws = aws
        self._client = aws.client("dynamodb")
        aws.create_table(self.table, "pk", "sk")

    def create_secret(self, value: str) -> str:
        """A secret; returns its reference."""
        return self._aws.create_secret(f"explainer-{uuid4().hex}", value)

    def client(self, service: str) -> Any:
        """The clients that the code under test gets: one a service."""
        return self._client if service == "dynamodb" else self._aws.client(service)

    def items(self) -> list[dict[str, Any]]:
        """Every day's item."""
        return list(self._client.scan(TableName=self.table)["Items"])

    @property
    def spent_usd(self) -> Decimal:
        """What is spent or reserved on all days."""
        return sum((Decimal(item["spent_nano_usd"]["N"]) for item in self.items()), Decimal(0)) * Decimal("1e-9")

    @property
    def calls(self) -> int:
        """Reservations on all days."""
        return sum(int(item["calls"]["N"]) for item in self.items())

    @property
    def reserved(self) -> int:
        """How many reservations are not settled."""
        return sum(name.startswith("open_") for item in self.items() for name in item)

    def days(self) -> list[str]:
        """The days that have an item."""
        assert {item["pk"]["S"] for item in self.items()} <= {PARTITION}
        return sorted(item["sk"]["S"] for item in self.items())


@pytest.fixture
def pauses() -> list[float]:
    """The pauses between attempts; nobody really waits."""
    return []


@pytest.fixture
def make(models: ModelServer, counter: Counter, pauses: list[float]) -> Iterator[MakeExplainer]:
    """Makes explainers that ask `models` and count in `counter`; keywords are settings, `retries` and `budget`."""
    made = []

    def make_one(provider: str = "openai", *, budget: Budget | None = None, **changes: Any) -> Explainer:
        retries = changes.pop("retries", {})
        settings = ExplainerSettings(
            provider=provider,
            model="amazon.nova-lite-v1:0" if provider == "bedrock" else "small-model",
            url=f"{models.url}/v1",
            secret_ref=changes.pop("secret_ref", ""),
            cache_table=counter.table,
            daily_budget_usd=changes.pop("daily_budget_usd", Decimal(1)),
            prices=PRICES,
            timeout_s=changes.pop("timeout_s", 30),
            **changes,
        )
        explainer = make_explainer(settings, Secrets(counter.client), counter.client)
        assert explainer.asker is not None
        asker = dataclasses.replace(
            explainer.asker,
            budget=budget or explainer.asker.budget,
            retries=Retries(sleep=pauses.append, uniform=lambda low, high: (low + high) / 2, **retries),
        )
        made.append(dataclasses.replace(explainer, asker=asker))
        return made[-1]

    yield make_one
    for explainer in made:
        explainer.close()


@pytest.fixture
def soon() -> float:
    """A deadline that is far enough away."""
    return time.monotonic() + 60
