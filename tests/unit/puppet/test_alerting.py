"""When people hear of a batch, and when they hear that it is over."""

from __future__ import annotations

import pytest

from puppet.alerting import BatchSummary, signal_of_health, signals_of_batch
from puppet.health import Line

# One success shows it.
_NOT_EVERYBODY = {"puppet:authentication": False, "puppet:network": False}


@pytest.mark.parametrize(
    ("succeeded", "failed", "errors", "found"),
    [
        (0, 0, {}, {}),
        (5, 4, {"timeout": 4}, {"puppet:batch-failures": False, **_NOT_EVERYBODY}),
        (4, 4, {"timeout": 4}, {"puppet:batch-failures": False, **_NOT_EVERYBODY}),
        (4, 5, {"timeout": 5}, {"puppet:batch-failures": True, **_NOT_EVERYBODY}),
        (0, 1, {"timeout": 1}, {"puppet:batch-failures": True}),
        # Two of one person's jobs are not everybody.
        (0, 2, {"authentication": 2}, {"puppet:batch-failures": True}),
        (0, 3, {"authentication": 3}, {"puppet:batch-failures": True, "puppet:authentication": True}),
        (0, 4, {"authentication": 3, "timeout": 1}, {"puppet:batch-failures": True}),
        (0, 9, {"network": 9}, {"puppet:batch-failures": True, "puppet:network": True}),
        (1, 9, {"network": 9}, {"puppet:batch-failures": True, **_NOT_EVERYBODY}),
    ],
)  # fmt: skip
def test_what_a_batch_says(succeeded: int, failed: int, errors: dict[str, int], found: dict[str, bool]) -> None:
    signals = signals_of_batch(BatchSummary("b", succeeded, failed, errors))

    assert {signal.key: signal.is_bad for signal in signals} == found


def test_the_most_frequent_error_comes_first() -> None:
    (signal,) = signals_of_batch(BatchSummary("b7", 0, 6, {"network": 1, "timeout": 3, "authentication": 2}))

    assert signal.details == {
        "Failed": 6, "Succeeded": 0, "Errors": "timeout 3, authentication 2, network 1", "Batch": "b7",
    }  # fmt: skip


def test_health_names_what_is_wrong_and_nothing_else() -> None:
    lines = [
        Line("database", ok=True, detail="the database answers"),
        Line("stuck", ok=False, detail="3 jobs are stuck"),
    ]

    bad, well = signal_of_health(lines), signal_of_health(lines[:1])

    assert (bad.key, bad.is_bad, bad.details) == ("puppet:health", True, {"stuck": "3 jobs are stuck"})
    assert (well.key, well.is_bad) == ("puppet:health", False)
