"""How people are told of a run's end: noted in the transaction that ends it, sent once the lock is free."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Final

from nightshift.alerts.settings import load_settings
from nightshift.errors import ConfigurationError, MigrationError, SettingsError
from nightshift.runs import AlertPolicy
from nightshift.telemetry import emit
from nightshift.wording import title

if TYPE_CHECKING:
    from nightshift.job import Run

# What no second try mends: people have to, and so they are told of the first.
_CRITICAL: Final = (ConfigurationError, MigrationError)
# For a message and its record; where less is left of the invocation, the watchdog sends it.
_NEEDS_S: Final = 12.0
_AT_MOST_S: Final = 10.0


class RunEnds:
    """What the end of one job's run means to people. Nothing of it ever fails the run."""

    def __init__(self, job: str, log: Any) -> None:
        """Read the settings; wrong ones are logged, and nobody is told."""
        self._job = job
        self._log = log
        self._after: int | None = None
        try:
            settings = load_settings(os.environ)
        except SettingsError as error:
            log.warning("Alerts are not configured correctly", error=str(error))
            return
        if settings.enabled:
            self._after = settings.after_failures

    def alert_policy(self, error: BaseException | None = None) -> AlertPolicy | None:
        """Return how the end with this error is noted, None where alerts are off."""
        if self._after is None:
            return None
        from nightshift.alerts.outbox import FLAPPING_CHANGES, FLAPPING_WITHIN

        is_critical = isinstance(error, _CRITICAL)
        return AlertPolicy(title(self._job), is_critical, self._after, FLAPPING_CHANGES, FLAPPING_WITHIN)

    def send(self, run: Run, ends_at: float) -> None:
        """Send what waits, if that fits in before `ends_at` on the monotonic clock."""
        if ends_at - time.monotonic() < _NEEDS_S:
            return
        from nightshift.alerts import send

        try:
            problem = send(run, at_most_s=_AT_MOST_S).problem
        except Exception as error:  # noqa: BLE001  # whatever it is, the run has ended
            # Without its traceback: the frames of a request hold the webhook's address.
            problem = f"{type(error).__name__}: {error}"
        if problem:
            self._log.warning("Alerts not sent", problem=problem)
        emit(self._job, run.metrics or {"AlertsNotSent": ("Count", 1)})
