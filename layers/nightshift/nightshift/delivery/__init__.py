"""Delivery of notifications: from the outbox to one digest a person, sent once, true when it is sent."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from nightshift.job import Run


@dataclass(frozen=True)
class Delivered:
    """What a delivery came to: mails (`sent_mails`, `doubtful`) and notifications (all other counts).

    Attributes:
        notified: notifications of the kinds asked for that were told.
        suppressed: not told, because they are not true, not wanted or not wished for by mail any more.
        failed: given up.
        doubtful: mails of which nobody knows whether they went out.
        left: waiting, over the daily cap or for a later run.
        stopped: why the batch ended before its end; empty where it did not.
    """

    sent_mails: int = 0
    notified: int = 0
    suppressed: int = 0
    failed: int = 0
    doubtful: int = 0
    left: int = 0
    errors: tuple[str, ...] = ()
    stopped: str = ""


def deliver(run: Run, *, kinds: Sequence[str] | None = None) -> Delivered:
    """Send what waits in the outbox to everybody for whom something of these kinds waits (None: of any kind).

    A person gets one digest with all that waits for them, whatever its kind.

    Raises:
        ConfigurationError: mail is not configured; nothing was claimed.
        StaleFence, LeaseLost, DatabaseError: the run is over; what was claimed is freed by a later one.
    """
    # Templates, mail and money are loaded by whoever delivers; the door knows this package for its links alone.
    from nightshift.delivery.delivering import Delivery
    from nightshift.delivery.post import Post
    from nightshift.delivery.settings import load_settings
    from nightshift.delivery.writing import Writer

    settings = load_settings(os.environ)
    writer = Writer(settings, run.platform.secrets)
    return Delivery(run, settings, writer, Post(settings.configuration_set)).carry_out(kinds)
