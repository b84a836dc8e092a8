"""Counts add up over items and over the parts of a run; money stays exact."""

from __future__ import annotations

import json
from decimal import Decimal

from warmup.tally import Tally


def test_items_add_up() -> None:
    total = Tally()
    for _ in range(3):
        total += Tally(processed=1, errors=["x"], counts={"inputTokens": 10, "costUsd": Decimal("0.1")})
    total += Tally(failed=1, stopped="the money is spent")
    total += Tally(stopped="later")

    assert (total.processed, total.failed, total.errors) == (3, 1, ["x"] * 3)
    assert total.counts == {"inputTokens": 30, "costUsd": Decimal("0.3")}
    assert total.stopped == "the money is spent"


def test_a_later_part_adds_to_what_the_record_has() -> None:
    first = Tally(counts={"skippedFresh": 4, "costUsd": Decimal("0.000123"), "waste": 1}).metadata({})
    stored = json.loads(json.dumps({**first, "selected": 50, "left": 3}))
    second = Tally(counts={"skippedFresh": 1, "costUsd": Decimal("0.1")}).metadata(stored)

    assert first["costUsd"] == "0.000123"
    assert second == {"skippedFresh": 5, "recentlyFailed": 0, "replaced": 0, "waste": 1, "costUsd": "0.100123"}


def test_what_nobody_spent_is_not_shown() -> None:
    counts: dict[str, int | Decimal] = {"inputTokens": 0, "costUsd": Decimal(0), "calls": 0}

    assert Tally(counts=counts).metadata({}).keys() == {"skippedFresh", "recentlyFailed", "replaced", "waste"}
