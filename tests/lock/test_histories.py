"""The lock's own code against whatever may happen to it, and the mistakes that this must find (`make lock-proof`)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lock.mutants import AS_IT_IS, FURTHER, NINE, Mutant
from tests.lock.proof import Proof
from tests.model import check


def test_no_history_breaks_a_claim(proven: Proof) -> None:
    found = proven.look(AS_IT_IS, 40)
    assert found.broken == "", found.history


def test_nor_does_one_on_an_emulator(proven: Proof, emulator: Any) -> None:
    found = proven.look(AS_IT_IS, 2, table=emulator)
    assert found.broken == "", found.history


@pytest.mark.parametrize("mutant", [*NINE, *FURTHER], ids=str)
def test_every_mistake_breaks_the_claim_that_it_must(proven: Proof, mutant: Mutant) -> None:
    assert proven.look(mutant, 400).broken in (mutant.breaks, mutant.or_breaks or mutant.breaks)


def test_the_mistakes_are_those_of_the_model() -> None:
    assert [mutant.name for mutant in NINE] == list(check.BUGS)
