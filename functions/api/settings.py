"""What the door is told by its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from nightshift.errors import SettingsError
from nightshift.settings import env, load

_STORES = ("secretsmanager:", "ssm:")


@dataclass(frozen=True)
class ApiSettings:
    """The references of the secrets (empty: that way in is closed) and the jobs' catalogue as JSON."""

    jobs: str = env("JOBS", tells="Each job's function, schedule, zone and whether it is on, as JSON")
    job_secret_ref: str = env("JOB_SECRET_REF", default="", tells="Where the secret is that opens every route")
    admin_secret_ref: str = env("ADMIN_SECRET_REF", default="", tells="Where the secret of the admin routes is")
    read_secret_ref: str = env("READ_SECRET_REF", default="", tells="Where the secret is that opens reads alone")
    warmup_secret_ref: str = env("WARMUP_SECRET_REF", default="", tells="Where the secret of the warmup routes is")
    webhook_secret_ref: str = env("WEBHOOK_SECRET_REF", default="", tells="Where the secret of the webhook is")
    session_secret_ref: str = env(
        "SESSION_SECRET_REF", default="", tells="Where the secret is that signs the page's cookie"
    )


def load_settings(environ: Mapping[str, str] = os.environ) -> ApiSettings:
    """Read the settings.

    Raises:
        SettingsError: naming everything that is missing or wrong; values are not shown, one may be a secret.
    """
    settings = load(ApiSettings, environ)
    wrong = [
        f"{field.metadata['env']} must be empty, secretsmanager:<arn or name> or ssm:<parameter name>"
        for field in fields(settings)
        if field.name.endswith("_secret_ref") and not _is_reference(getattr(settings, field.name))
    ]
    if wrong:
        raise SettingsError(wrong)
    return settings


def _is_reference(text: str) -> bool:
    return not text or any(text.startswith(store) and text != store for store in _STORES)
