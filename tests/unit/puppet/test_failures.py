"""Errors are sorted by type and status, and the sort says whether to try again."""

from __future__ import annotations

import pytest

from puppet.failures import ErrorType, failure, of_status, type_of


@pytest.mark.parametrize(
    ("status", "type_", "again"),
    [
        (400, "validation_error", False),
        (401, "authentication", False),
        (403, "authentication", False),
        (404, "validation_error", False),
        (407, "authentication", False),
        (408, "timeout", True),
        (409, "unknown", True),
        (422, "validation_error", False),
        (425, "unknown", True),
        (429, "rate_limit", True),
        (301, "unknown", False),
        (500, "unknown", True),
        (502, "network", True),
        (503, "network", True),
        (504, "timeout", True),
        (999, "linkedin_error", True),
    ],
)
def test_a_status_says_what_went_wrong_and_whether_to_try_again(status: int, type_: str, again: bool) -> None:
    assert of_status(status) == (ErrorType(type_), again)


@pytest.mark.parametrize(
    ("type_", "again"),
    [
        ("timeout", True),
        ("network", True),
        ("authentication", False),
        ("rate_limit", True),
        ("validation_error", False),
        ("linkedin_error", True),
        ("unknown", True),
    ],
)
def test_a_type_is_tried_again_unless_the_same_would_happen(type_: str, again: bool) -> None:
    assert failure(ErrorType(type_), "").retryable is again
    assert failure(ErrorType(type_), "", retryable=not again).retryable is not again


@pytest.mark.parametrize("word", ["Timeout", "", None, 5, [], {}, "rate limit"])
def test_what_is_no_type_of_ours_is_none(word: object) -> None:
    assert type_of(word) is None


def test_words_in_a_message_decide_nothing() -> None:
    assert failure(ErrorType.UNKNOWN, "429 rate limit timeout unauthorized").type is ErrorType.UNKNOWN


def test_a_message_is_kept_as_postgresql_can_keep_it() -> None:
    assert failure(ErrorType.UNKNOWN, "a\x00b\ud800c").message == "a\ufffdb\ufffdc"
    assert len(failure(ErrorType.UNKNOWN, "x" * 10_000).message) == 500
