"""What asking a model costs, exactly: money is Decimal, and what is not known is taken at its worst."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_MILLION: Final = Decimal(1_000_000)


@dataclass(frozen=True)
class Prices:
    """US dollars for a million tokens."""

    input_usd: Decimal
    output_usd: Decimal

    def cost(self, input_tokens: int, output_tokens: int) -> Decimal:
        """Return what so many tokens cost, unrounded."""
        return (self.input_usd * input_tokens + self.output_usd * output_tokens) / _MILLION


@dataclass(frozen=True)
class Usage:
    """What was spent: upper bounds where a provider did not say."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    attempts: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_usd + other.cost_usd,
            self.attempts + other.attempts,
        )


NO_USAGE: Final = Usage()
FREE: Final = Prices(Decimal(0), Decimal(0))

# Public on-demand prices as of May 2026, for the exact model ids alone: a regional profile may cost more.
# EXPLAINER_INPUT_USD_PER_MILLION and EXPLAINER_OUTPUT_USD_PER_MILLION win over them.
PUBLIC_PRICES: Final = {
    "amazon.nova-micro-v1:0": Prices(Decimal("0.035"), Decimal("0.14")),
    "amazon.nova-lite-v1:0": Prices(Decimal("0.06"), Decimal("0.24")),
    "amazon.nova-pro-v1:0": Prices(Decimal("0.80"), Decimal("3.20")),
    "gpt-4o-mini": Prices(Decimal("0.15"), Decimal("0.60")),
}
