"""What the people who look after puppet jobs are told in Slack: batches that fail, and health that turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nightshift import Run


@dataclass(frozen=True)
class BatchSummary:
    """What became of one batch.

    Attributes:
        succeeded: attempts that ended well. failed: attempts that did not, those that will be retried included;
            duplicates are neither.
        errors: how many of the failed attempts were of which sort (`timeout`, `network`, `authentication`, …).
    """

    batch_id: str
    succeeded: int
    failed: int
    errors: Mapping[str, int] = field(default_factory=dict)


def after_batch(run: Run, summary: BatchSummary) -> None:
    """Take note of a batch: whether it failed more often than it succeeded, and of critical errors. Never raises."""


def send_alerts(run: Run) -> None:
    """Send what waits to be told, for a few seconds at most; to be called once, when a run has ended. Never raises."""
