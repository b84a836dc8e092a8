"""Whether and where alerts go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nightshift.errors import SettingsError
from nightshift.settings import env, load


@dataclass(frozen=True)
class AlertSettings:
    """The settings of alerts, from the environment."""

    enabled: bool = env("ENABLE_SLACK_ALERTS", default=False)
    # The address of a Slack webhook is a secret: who knows it may write into the channel.
    webhook_ref: str = env("SLACK_WEBHOOK_REF", default="")
    public_url: str = env(
        "PUBLIC_URL",
        default="",
        tells="Where the door is: what links in alerts and mails and callback addresses begin with",
    )
    # Lambda starts a failed scheduled run again after a minute: of two failures in a row, one was the second try.
    after_failures: int = env("ALERT_AFTER_FAILURES", default=2, minimum=1, maximum=100)


def load_settings(environ: Mapping[str, str]) -> AlertSettings:
    """Read the settings.

    Raises:
        SettingsError: alerts are switched on without a webhook.
    """
    settings = load(AlertSettings, environ)
    if settings.enabled and not settings.webhook_ref:
        raise SettingsError(["SLACK_WEBHOOK_REF is missing, and ENABLE_SLACK_ALERTS is true"])
    return settings
