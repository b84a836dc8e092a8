"""A call ends in time, whatever it does, and failures mean what their status says."""

from __future__ import annotations

import threading
import time

import pytest

from warmup.explaining.calling import CallFailed, failed_with_status, run_within, token_count
from warmup.explaining.retrying import Retries


def test_what_a_call_returns_or_raises_comes_through() -> None:
    def fail() -> None:
        raise KeyError("x")

    assert run_within(30, lambda: 7) == 7
    with pytest.raises(KeyError):
        run_within(30, fail)


def test_a_call_that_raises_a_time_out_is_not_taken_for_one_that_was_left() -> None:
    def time_out() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        run_within(30, time_out)


def test_a_call_that_does_not_end_is_left() -> None:
    release = threading.Event()
    try:
        with pytest.raises(CallFailed, match="no complete answer in time") as caught:
            run_within(0.05, lambda: release.wait(30))
    finally:
        release.set()

    assert (caught.value.temporary, caught.value.may_be_billed) == (True, True)


@pytest.mark.parametrize(
    ("status", "temporary", "billed"),
    [
        (400, False, False),
        (401, False, False),
        (404, False, False),
        (408, True, True),
        (429, True, False),
        (500, True, False),
        (503, True, False),
        (504, True, True),
        (529, True, False),
        (302, False, False),
    ],
)
def test_what_a_status_means(status: int, temporary: bool, billed: bool) -> None:
    failure = failed_with_status("the server", status, "some_code", retry_after_s=7)

    assert (failure.temporary, failure.may_be_billed, failure.retry_after_s) == (temporary, billed, 7)
    assert str(failure) == f"the server answered with status {status} (some_code)"


@pytest.mark.parametrize(
    ("counted", "expected"), [(0, 0), (900, 900), (-1, None), (True, None), ("9", None), (1.0, None), (10**8, None)]
)
def test_numbers_of_tokens(counted: object, expected: int | None) -> None:
    assert token_count(counted) == expected


class Flaky:
    """Fails some times, then answers."""

    def __init__(self, *failures: CallFailed) -> None:
        self.failures = list(failures)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def busy(retry_after_s: float | None = None) -> CallFailed:
    return CallFailed("busy", temporary=True, may_be_billed=False, retry_after_s=retry_after_s)


def test_pauses_are_jittered_doubled_and_capped() -> None:
    pauses: list[float] = []
    asked: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    retries = Retries(most_attempts=7, base_s=1, longest_s=10, sleep=pauses.append, uniform=uniform)
    call = Flaky(*[busy()] * 6)

    assert retries.until_answered(call, time.monotonic() + 100) == "answer"
    assert pauses == [1, 2, 4, 8, 10, 10]
    assert all(low == 0 for low, _ in asked)


def test_the_number_of_attempts_is_bounded() -> None:
    call = Flaky(*[busy()] * 9)

    with pytest.raises(CallFailed):
        Retries(most_attempts=3, sleep=lambda _: None).until_answered(call, time.monotonic() + 100)

    assert call.calls == 3


def test_no_pause_leads_past_the_end() -> None:
    slept: list[float] = []
    call = Flaky(busy(retry_after_s=50))

    with pytest.raises(CallFailed):
        Retries(sleep=slept.append).until_answered(call, time.monotonic() + 49)

    assert (call.calls, slept) == (1, [])


def test_a_final_failure_ends_it() -> None:
    call = Flaky(CallFailed("no", temporary=False, may_be_billed=False))

    with pytest.raises(CallFailed, match="no"):
        Retries(sleep=lambda _: None).until_answered(call, time.monotonic() + 100)

    assert call.calls == 1
