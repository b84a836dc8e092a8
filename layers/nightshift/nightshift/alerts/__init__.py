"""Alerts to people: a job notes what it finds well or not, and one message goes out for each change of state.

    note(run, [Signal("puppet:batch-failures", is_bad=True, title="More puppet jobs fail than succeed", details={…})])
    send(run)

What was noted lies in an outbox in PostgreSQL until it is sent, so nothing is lost and nothing is told twice. A thing
that changes too often is told once, as flapping; one that stays bad is told again every four hours.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nightshift.job import Run


@dataclass(frozen=True)
class Signal:
    """How one thing was found.

    Attributes:
        key: names the thing for ever, such as `puppet:batch-failures`.
        title: what is wrong where it is, in a few words; it is also the title of the recovery.
        details: what somebody who was woken wants to know, by short labels.
        after: how many times in a row it must be found bad before anybody is told.
        job: the job whose page the message leads to, where it is not that of the run that found it.
        run_id: likewise the run; empty where `job` is given: of no run.
    """

    key: str
    is_bad: bool
    title: str
    details: Mapping[str, Any] = field(default_factory=dict)
    after: int = 1
    job: str = ""
    run_id: str = ""


@dataclass(frozen=True)
class Sent:
    """What sending came to; `problem` says why something is left that should have gone out."""

    sent: int = 0
    doubtful: int = 0
    failed: int = 0
    problem: str = ""


def is_enabled() -> bool:
    """Return whether alerts are switched on.

    Raises:
        SettingsError: they are not configured correctly.
    """
    from nightshift.alerts.settings import load_settings

    return load_settings(os.environ).enabled


def noting(run: Run, signals: Sequence[Signal]) -> str:
    """Return the statement that takes note of what a run found, to be sent with what else it writes.

    It is empty without alerts configured. Raises SettingsError where they are not configured correctly.
    """
    if not (signals and is_enabled()):
        return ""
    from nightshift.alerts.outbox import Outbox

    return Outbox(run).noting(signals)


def note(run: Run, signals: Sequence[Signal]) -> None:
    """Take note of what a run found, in one message to PostgreSQL; without alerts configured, nothing happens.

    Raises:
        SettingsError: alerts are not configured correctly.
        DatabaseError: it could not be noted.
    """
    if statement := noting(run, signals):
        run.write(statement)


def send(run: Run, *, at_most_s: float = 10.0) -> Sent:
    """Send what waits, for a bounded time; what is left goes with the next run.

    Raises:
        ConfigurationError: alerts are not configured correctly, or the webhook's secret cannot be read.
        DatabaseError: the outbox cannot be used.
    """
    from nightshift.alerts.sending import Sending
    from nightshift.alerts.settings import load_settings

    settings = load_settings(os.environ)
    return Sending(run, settings).carry_out(at_most_s) if settings.enabled else Sent()
