"""A bundle says who made it, and of every guess that it is one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.support.search_interest import comparison
from warmup.explaining.bundle import Explanation, TermExplanation, make_bundle
from warmup.explaining.facts import read_facts
from warmup.explaining.pricing import Prices, Usage

COMPARISON = comparison()
FACTS = read_facts(COMPARISON)
SURE = TermExplanation(Explanation("It is a drink.", 0.9), {})


@pytest.mark.parametrize(
    ("explanation", "text", "guess"),
    [
        (Explanation("It was hot.", 0.9), "It was hot.", False),
        (Explanation("It was hot.", 0.5), "It was hot.", False),
        (Explanation("It was hot.", 0.49), "It was hot. (This is a guess.)", True),
        (Explanation("It was hot.", 0.9, guess=True), "It was hot. (This is a guess.)", True),
        (Explanation("My guess: it was hot.", 0.2), "My guess: it was hot.", True),
    ],
)
def test_a_guess_is_called_one(explanation: Explanation, text: str, guess: bool) -> None:
    made = make_bundle(COMPARISON, FACTS, (TermExplanation(explanation, {}), SURE))

    assert (made["terms"][0]["meaning"]["text"], made["terms"][0]["meaning"]["guess"]) == (text, guess)


def test_a_peak_has_its_date_and_value_from_the_series() -> None:
    first = TermExplanation(SURE.meaning, {date(2024, 2, 18): Explanation("It was hot.", 0.777)})

    assert make_bundle(COMPARISON, FACTS, (first, SURE))["terms"][0]["peaks"] == [
        {"date": "2024-02-18", "value": 60, "text": "It was hot.", "confidence": 0.78, "guess": False}
    ]


def test_costs_are_exact() -> None:
    prices = Prices(Decimal("0.035"), Decimal("0.14"))

    assert prices.cost(1, 0) == Decimal("0.000000035")
    assert prices.cost(123_457, 7) == Decimal("0.004321975")
    assert sum((prices.cost(1, 1) for _ in range(10)), Decimal(0)) == prices.cost(10, 10)


def test_usages_add_up() -> None:
    total = Usage(1, 2, Decimal("0.1"), 1) + Usage(10, 20, Decimal("0.2"), 2)

    assert total == Usage(11, 22, Decimal("0.3"), 3)
