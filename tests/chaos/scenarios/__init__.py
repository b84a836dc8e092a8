"""The jobs' work, one module for each kind of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.chaos.effects import Scenario
from tests.chaos.scenarios.holds import Holds
from tests.chaos.scenarios.mails import Restocks, Sales, Waiting
from tests.chaos.scenarios.old_rows import OldRows
from tests.chaos.scenarios.pages import Pages
from tests.chaos.scenarios.puppets import Puppets
from tests.chaos.scenarios.warmups import Explanations, Forecasts, OnDemand

SCENARIOS: Final[Mapping[str, Callable[[], Scenario]]] = {
    "product-checks": Pages,
    "wishlist-sale-check": Sales,
    "wishlist-stock-check": Restocks,
    "cleanup-reservations": Holds,
    "deliver-notifications": Waiting,
    "warmup-forecasts": Forecasts,
    "warmup-ai-explanations": Explanations,
    "warmup-on-demand": OnDemand,
    "puppet-jobs": Puppets,
    "retention": OldRows,
}
