"""Signatures and callback tokens: made by known arithmetic, bound to one attempt, and good with either secret."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest

from puppet.signing import MAX_TOKEN_LENGTH, Attempt, callback_token, read_callback_token, signature

SECRET, OLD, STRANGE = "s" * 48, "o" * 48, "x" * 48
JOB = "9b2f2c52-6cf2-4a54-9c9b-4b7b1a1b9f10"
ATTEMPT = Attempt(JOB, 2, "0123456789abcdef0123456789abcdef")


def test_a_signature_is_the_hmac_of_time_and_body_for_each_secret() -> None:
    wanted = [hmac.new(secret.encode(), b'1790000000.{"id":1}', sha256).hexdigest() for secret in (SECRET, OLD)]

    assert signature(b'{"id":1}', 1_790_000_000, [SECRET]) == f"v1={wanted[0]}"
    assert signature(b'{"id":1}', 1_790_000_000, [SECRET, OLD]) == f"v1={wanted[0]},v1={wanted[1]}"


def test_a_token_comes_back_as_the_attempt_it_was_made_for() -> None:
    token = callback_token(ATTEMPT, SECRET)

    assert len(token) <= MAX_TOKEN_LENGTH
    assert read_callback_token(JOB, token, [SECRET]) == ATTEMPT
    assert read_callback_token(JOB, callback_token(ATTEMPT, OLD), [SECRET, OLD]) == ATTEMPT


@pytest.mark.parametrize("secrets", [[], [""], [STRANGE]])
def test_no_other_secret_makes_a_token(secrets: list[str]) -> None:
    assert read_callback_token(JOB, callback_token(ATTEMPT, SECRET), secrets) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "3" + token[1:],
        lambda token: token.replace("0123", "0124", 1),
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token + "A",
        lambda token: token[:0],
        lambda token: token.replace(".", ".\u0661", 1),
    ],
)
def test_a_changed_token_is_none(change: object) -> None:
    assert callable(change)
    assert read_callback_token(JOB, change(callback_token(ATTEMPT, SECRET)), [SECRET]) is None


def test_a_token_is_good_for_its_job_alone() -> None:
    other = JOB.replace("9", "8", 1)

    assert read_callback_token(other, callback_token(ATTEMPT, SECRET), [SECRET]) is None
