"""Tokens of unsubscribe links: only who has the secret can make one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightshift.delivery.unsubscribe import LISTS, MAX_TOKEN_LENGTH, Subscription, read, token
from nightshift.errors import ConfigurationError

SECRET = "a secret that is long enough to be one"
BEFORE = "the secret before it, which is long too"
SUBSCRIPTIONS = st.builds(Subscription, st.integers(1, 2**62), st.sampled_from(LISTS))


@given(SUBSCRIPTIONS)
def test_a_token_says_what_it_was_made_for(subscription: Subscription) -> None:
    made = token(subscription, SECRET)

    assert read(made, [SECRET]) == subscription
    assert len(made) <= MAX_TOKEN_LENGTH
    assert made.replace(".", "").replace("-", "").replace("_", "").isalnum(), "needs no escaping in an address"


def test_the_secret_before_still_opens_and_a_foreign_one_does_not() -> None:
    old = token(Subscription(7, "all"), BEFORE)

    assert read(old, [SECRET, BEFORE]) == Subscription(7, "all")
    assert read(old, [SECRET]) is None
    assert read(old, []) is None
    assert read(old, [""]) is None


@given(SUBSCRIPTIONS, SUBSCRIPTIONS)
def test_a_mac_is_worth_nothing_for_another(one: Subscription, other: Subscription) -> None:
    mac = token(one, SECRET).rpartition(".")[2]
    forged = f"{other.user_id}.{other.list}.{mac}"

    assert (read(forged, [SECRET]) is not None) == (one == other)


@given(SUBSCRIPTIONS, st.data())
def test_no_character_can_be_changed(subscription: Subscription, data: st.DataObject) -> None:
    made = token(subscription, SECRET)
    place = data.draw(st.integers(0, len(made) - 1))
    letter = data.draw(st.characters(codec="ascii"))
    changed = made[:place] + letter + made[place + 1 :]

    assert (read(changed, [SECRET]) is None) == (changed != made)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "1.all.", "0.all." + "A" * 43, "1.other." + "A" * 43, "\u0661.all." + "A" * 43]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    assert read(text, [SECRET]) is None


@given(st.text(max_size=100))
def test_nothing_made_up_is_taken_or_breaks_it(text: str) -> None:
    assert read(text, [SECRET]) is None


def test_a_secret_that_could_be_guessed_makes_no_token() -> None:
    with pytest.raises(ConfigurationError, match="at least 32"):
        token(Subscription(1, "all"), "short")
