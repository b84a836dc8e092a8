"""What is wrong is seen: in an effect, and in the table."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.chaos.effects import Effect
from tests.chaos.rounds import Account
from tests.chaos.table import lines


@pytest.mark.parametrize(
    ("effect", "holds"),
    [
        (Effect("mails", 3, 3), True),
        (Effect("mails", 3, 2), False),
        (Effect("mails", 3, 4), False),
        (Effect("mails", 3, 4, at_most=4), True),
        (Effect("mails", 3, 5, at_most=4), False),
        (Effect("mails", 3, 2, at_most=4), False),
    ],
)
def test_an_effect_holds_within_its_bounds(effect: Effect, holds: bool) -> None:
    assert effect.holds is holds


def test_the_table_says_what_is_wrong() -> None:
    account = Account("a-job", Counter({"killed": 2}), effects=[Effect("mails", 3, 5, at_most=4)])
    text = "\n".join(lines([account]))

    assert not account.holds
    assert "a-job: 2 faults in 0 s   DOES NOT HOLD" in text
    assert "injected  killed (2)" in text
    assert "3 to 4         5   WRONG" in text


def test_a_problem_is_wrong_although_every_effect_holds() -> None:
    account = Account("a-job", effects=[Effect("mails", 3, 3)], problems=["killed: held after its lease"])

    assert not account.holds
    assert "  WRONG: killed: held after its lease" in list(lines([account]))
