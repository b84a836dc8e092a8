"""For how many days what is kept; 0 = for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nightshift.errors import SettingsError
from nightshift.settings import env, load


@dataclass(frozen=True)
class RetentionSettings:
    """The limits, in days, from the environment; `Rule.days` names them."""

    execution_logs: int = env("LOG_RETENTION_DAYS", default=90, minimum=0, maximum=3650)
    puppet_jobs: int = env("PUPPET_JOB_RETENTION_DAYS", default=30, minimum=0, maximum=3650)
    invite_attempts: int = env("INVITE_RETENTION_DAYS", default=365, minimum=0, maximum=3650)
    runs: int = env("RUN_RETENTION_DAYS", default=90, minimum=0, maximum=3650)
    notifications: int = env("NOTIFICATION_RETENTION_DAYS", default=365, minimum=0, maximum=3650)
    reservations: int = env("RESERVATION_RETENTION_DAYS", default=365, minimum=0, maximum=3650)
    # Not a limit: invites younger than this keep the same person from being invited again.
    invite_cooldown: int = env("INVITE_COOLDOWN_DAYS", default=30, minimum=0, maximum=3650)


def load_settings(environ: Mapping[str, str]) -> RetentionSettings:
    """Read the limits.

    Raises:
        SettingsError: naming every one that is wrong.
    """
    settings = load(RetentionSettings, environ)
    if 0 < settings.invite_attempts < settings.invite_cooldown:
        least = f"INVITE_COOLDOWN_DAYS ({settings.invite_cooldown})"
        raise SettingsError([f"INVITE_RETENTION_DAYS must be 0 (for ever) or at least {least}"])
    return settings
