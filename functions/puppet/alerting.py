"""What the people who look after puppet jobs are told in Slack: batches that fail, and health that turns.

Trouble with telling never fails a run: it is logged, and what was noted goes out with a later run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from nightshift import Run
from nightshift.alerts import Signal, is_enabled, note, send

if TYPE_CHECKING:
    from puppet.health import Line

# A run lives for minutes; telling people takes no more of it than this.
_AT_MOST_S: Final = 12.0
# So many runs in a row must find something wrong: what the next tick mends need wake nobody.
_UNWELL_RUNS: Final = 2
# Sorts of errors that are nobody's own where a whole batch of at least so many ends with one of them.
_CRITICAL: Final = {
    "authentication": "Puppet jobs fail for everybody: sign-in is refused",
    "network": "Puppet jobs fail for everybody: no worker can be reached",
}
_CRITICAL_JOBS: Final = 3


@dataclass(frozen=True)
class BatchSummary:
    """What became of one batch.

    Attributes:
        succeeded: attempts that ended well.
        failed: attempts that did not, those that will be retried included; duplicates are neither.
        errors: how many of the failed attempts were of which sort (`timeout`, `network`, `authentication`, …).
    """

    batch_id: str
    succeeded: int
    failed: int
    errors: Mapping[str, int] = field(default_factory=dict)


def after_batch(run: Run, summary: BatchSummary) -> None:
    """Take note of a batch: whether it failed more often than it succeeded, and of critical errors. Never raises."""
    with _harmless(run):
        note(run, signals_of_batch(summary))


def health_changed(run: Run, lines: Sequence[Line]) -> None:
    """Take note of how the processor is. Never raises."""
    with _harmless(run):
        note(run, [signal_of_health(lines)])


def send_alerts(run: Run, look: Callable[[], Sequence[Line]] | None = None) -> None:
    """Look at the processor's health and send what waits; to be called once, when a run has ended. Never raises."""
    with _harmless(run):
        if not is_enabled():
            return
        health_changed(run, look() if look else _health(run))
        sent = send(run, at_most_s=_AT_MOST_S)
        if sent.problem:
            run.log.warning("Alerts not sent", problem=sent.problem)


def signals_of_batch(summary: BatchSummary) -> list[Signal]:
    """Return how a batch was found; nothing of one in which nothing ended."""
    if not summary.succeeded + summary.failed:
        return []
    sorts = sorted(summary.errors.items(), key=lambda each: (-each[1], each[0]))
    details = {
        "Failed": summary.failed,
        "Succeeded": summary.succeeded,
        "Errors": ", ".join(f"{sort} {count}" for sort, count in sorts) or "none",
        "Batch": summary.batch_id,
    }
    failures = Signal(
        "puppet:batch-failures",
        is_bad=summary.failed > summary.succeeded,
        title="More puppet jobs of a batch fail than succeed",
        details=details,
    )
    return [failures, *_critical(summary, details)]


def signal_of_health(lines: Sequence[Line]) -> Signal:
    """Return how the processor was found."""
    wrong = {line.name: line.detail for line in lines if not line.ok}
    title = "The puppet processor is not healthy"
    return Signal("puppet:health", is_bad=bool(wrong), title=title, details=wrong, after=_UNWELL_RUNS)


def _critical(summary: BatchSummary, details: Mapping[str, object]) -> Iterator[Signal]:
    for sort, title in _CRITICAL.items():
        everybody = summary.failed >= _CRITICAL_JOBS and summary.errors.get(sort, 0) == summary.failed
        if summary.succeeded or everybody:
            # One success shows that it is not everybody; a small batch that fails shows nothing.
            yield Signal(f"puppet:{sort}", is_bad=not summary.succeeded, title=title, details=details)


def _health(run: Run) -> Sequence[Line]:
    from puppet.health import check

    return check(run.platform)


@contextmanager
def _harmless(run: Run) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  # whatever it is, the jobs matter more
        # Without its traceback: the frames of a request hold the webhook's address.
        run.log.warning("Trouble with alerts", error=f"{type(error).__name__}: {error}")
