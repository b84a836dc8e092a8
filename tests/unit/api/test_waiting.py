"""`Prefer: wait=N`, on a clock of its own."""

from __future__ import annotations

from typing import Any

import pytest

from api.waiting import finished_run, preference
from nightshift.errors import DatabaseUnavailable


@pytest.mark.parametrize(
    ("prefer", "expected"),
    [
        ("", (5, None)),
        ("wait=7", (7, "wait=7")),
        ("WAIT = 7", (7, "wait=7")),
        ('wait="7"', (7, "wait=7")),
        ("wait=0", (0, "wait=0")),
        ("wait=26", (25, "wait=25")),
        ("wait=999999999", (25, "wait=25")),
        ("respond-async", (0, "respond-async")),
        ("respond-async, wait=10", (10, "wait=10")),
        ("return=minimal, wait=3; a=b", (3, "wait=3")),
        # What is not understood is ignored (RFC 7240).
        ("wait=-1", (5, None)),
        ("wait=soon", (5, None)),
        ("wait=1.5", (5, None)),
        ("await=3", (5, None)),
        ("wait=" + "9" * 400, (5, None)),
    ],
)
def test_how_long_a_caller_wants_to_wait(prefer: str, expected: tuple[int, str | None]) -> None:
    assert preference(prefer, default_s=5) == expected


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


class _Runs:
    """A database whose run ends at a given time."""

    def __init__(self, clock: _Clock, ends_at: float, status: str = "succeeded") -> None:
        self.clock, self.ends_at, self.status, self.reads = clock, ends_at, status, 0

    def read(self, _statement: str, id: str) -> list[dict[str, Any]]:  # noqa: A002  # the query's own name
        self.reads += 1
        columns = ("job", "trigger", "who", "slot", "lock", "params", "part", "created_at", "started_at",
                   "finished_at", "duration_ms", "processed", "failed", "errors", "metadata",
                   "error_class", "error", "request_id")  # fmt: skip
        status = self.status if self.clock.now >= self.ends_at else "running"
        return [{**dict.fromkeys(columns), "id": id, "status": status}]


@pytest.mark.parametrize("status", ["succeeded", "failed", "skipped", "lost"])
def test_the_result_is_answered_as_soon_as_it_is_there(status: str) -> None:
    clock = _Clock()
    runs: Any = _Runs(clock, ends_at=103, status=status)

    run = finished_run(runs, "x", 125, clock, clock.sleep)

    assert run is not None
    assert run["status"] == status
    assert 103 <= clock.now < 104.1


def test_who_has_waited_long_enough_is_let_go() -> None:
    clock = _Clock()
    runs: Any = _Runs(clock, ends_at=1000)

    assert finished_run(runs, "x", 125, clock, clock.sleep) is None
    assert clock.now == pytest.approx(125)
    assert runs.reads < 35


def test_who_does_not_wait_costs_nothing() -> None:
    clock = _Clock()
    runs: Any = _Runs(clock, ends_at=0)

    assert finished_run(runs, "x", 100, clock, clock.sleep) is None
    assert runs.reads == 0


def test_a_run_that_cannot_be_seen_is_still_accepted() -> None:
    class Down:
        def read(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
            raise DatabaseUnavailable

    clock = _Clock()
    down: Any = Down()

    assert finished_run(down, "x", 125, clock, clock.sleep) is None
