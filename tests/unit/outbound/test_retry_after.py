"""`Retry-After` in both forms, and in none."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from nightshift.outbound.retry_after import LONGEST_S, retry_after_s


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("86401", LONGEST_S),
        ("999999999999", LONGEST_S),
        (formatdate(0, usegmt=True), 0),
        ("Fri, 31 Dec 2999 23:59:59 GMT", LONGEST_S),
        ("Sun, 06 Nov 1994 08:49:37 -0000", 0),
    ],
)
def test_a_value_is_read_and_kept_within_a_day(value: str, seconds: int) -> None:
    assert retry_after_s(value) == seconds


def test_a_date_is_counted_from_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)

    assert retry_after_s(formatdate(1_700_000_090, usegmt=True)) == 90


@pytest.mark.parametrize(
    "value",
    [None, "", "-5", "1.5", "soon", "٣", "1e9", "9" * 5000, "120, 60", "Fri, 99 Dec 2024 99:99:99 GMT"],
)
def test_garbage_means_nothing(value: str | None) -> None:
    assert retry_after_s(value) is None
