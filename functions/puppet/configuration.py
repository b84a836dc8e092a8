"""What the processor may do at once, how long it waits and how often it tries: deployed values under stored ones.

The stored document is read once a batch. What is wrong in it (an edit by hand, an older version) never stops the
processor: that field falls back to its deployed value, and the problem is said.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nightshift import Integer
from nightshift.errors import SettingsError
from nightshift.settings import env, load
from nightshift.sql import queries
from puppet.records import Limits

if TYPE_CHECKING:
    from nightshift.database import Database

# The row of `job_settings`, and the subject of its entries in `audit_log`.
SUBJECT = "puppet-jobs"
HEARTBEAT_S = 30


@dataclass(frozen=True)
class PuppetSettings:
    """The values that can be changed while the processor runs; as they are deployed, where nothing is stored.

    Attributes:
        batch_size: jobs that one claim takes at most.
        max_concurrent_jobs: jobs in flight at most, over all processors together.
        per_user_limit: jobs of one user in flight at most.
        job_timeout_s: how long one attempt may take.
        stuck_after_s: how long after its last sign of life a job in flight counts as abandoned.
        max_retries: how often a failed job is tried again at most, whatever the job itself allows.
        invite_cooldown_days: for so long one user does not invite the same profile again; 0: as often as asked.
    """

    batch_size: int = env("PUPPET_BATCH_SIZE", default=20, minimum=1, maximum=500)
    max_concurrent_jobs: int = env("PUPPET_MAX_CONCURRENT_JOBS", default=10, minimum=1, maximum=200)
    per_user_limit: int = env("PER_USER_LIMIT", default=2, minimum=1, maximum=200)
    job_timeout_s: int = env("PUPPET_JOB_TIMEOUT_SECONDS", default=120, minimum=1, maximum=600)
    # Two heartbeats at least: one may come late.
    stuck_after_s: int = env("PUPPET_STUCK_AFTER_SECONDS", default=300, minimum=60, maximum=3600)
    max_retries: int = env("PUPPET_MAX_RETRIES", default=3, minimum=0, maximum=20)
    invite_cooldown_days: int = env("INVITE_COOLDOWN_DAYS", default=30, minimum=0, maximum=365)


@dataclass(frozen=True)
class Configuration(PuppetSettings):
    """What is in force; `problems` says what of the stored document is not, and why."""

    enabled: bool = True
    # Counts the changes, 0 where there was none: what If-Match is compared with.
    version: int = 0
    updated_at: datetime | None = None
    updated_by: str | None = None
    problems: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, int]:
        """The changeable values by the names that callers use."""
        return {name: getattr(self, field) for name, field in _FIELDS.items()}

    def limits(self, batch_size: int | None = None) -> Limits:
        """Return the limits of the store, for claims of its own batch size or of another."""
        size = self.batch_size if batch_size is None else batch_size
        return Limits(size, self.max_concurrent_jobs, self.per_user_limit, self.stuck_after_s)

    @property
    def preset(self) -> str | None:
        """The preset whose values are all in force."""
        mine = self.values.items()
        return next((name for name, values in PRESETS.items() if values.items() <= mine), None)


def _camel(field: str) -> str:
    # Callers say jobTimeoutSeconds, as the original system does.
    first, *others = field.removesuffix("_s").split("_")
    return first + "".join(word.title() for word in others) + ("Seconds" if field.endswith("_s") else "")


_FIELDS: Mapping[str, str] = {_camel(field.name): field.name for field in dataclasses.fields(PuppetSettings)}
_VARIABLES: Mapping[str, str] = {_camel(f.name): f.metadata["env"] for f in dataclasses.fields(PuppetSettings)}
_TELLS = {
    "batchSize": "Jobs that one claim takes at most.",
    "maxConcurrentJobs": "Jobs in flight at most, over all processors together.",
    "perUserLimit": "Jobs of one user in flight at most.",
    "jobTimeoutSeconds": "How long one attempt may take.",
    "stuckAfterSeconds": "How long after its last sign of life a job in flight counts as abandoned.",
    "maxRetries": "How often a failed job is tried again at most, whatever the job itself allows.",
    "inviteCooldownDays": "For so long one user does not invite the same profile again; 0: as often as asked.",
}
PARAMETERS: tuple[Integer, ...] = tuple(
    Integer(_camel(f.name), f.metadata["minimum"], f.metadata["maximum"], description=_TELLS[_camel(f.name)])
    for f in dataclasses.fields(PuppetSettings)
)
_SAFE = {"perUserLimit": 2, "jobTimeoutSeconds": 120, "stuckAfterSeconds": 300, "maxRetries": 3}
# docs/puppet-jobs.md says where the figures come from. What protects one user's account at the other service does not
# grow with the shop; the cooldown is the shop's own rule, which no preset touches.
PRESETS: Mapping[str, Mapping[str, int]] = {
    "small": {"batchSize": 10, "maxConcurrentJobs": 5, **_SAFE},
    "medium": {"batchSize": 20, "maxConcurrentJobs": 10, **_SAFE},
    "large": {"batchSize": 80, "maxConcurrentJobs": 40, **_SAFE},
}


def conflicts(values: Mapping[str, int]) -> dict[str, str]:
    """Return what is wrong between values that are each within their bounds, by the name to change."""
    found = {}
    if values["perUserLimit"] > values["maxConcurrentJobs"]:
        found["perUserLimit"] = "perUserLimit must not be above maxConcurrentJobs, or it limits nobody"
    if values["stuckAfterSeconds"] < values["jobTimeoutSeconds"] + HEARTBEAT_S:
        found["stuckAfterSeconds"] = (
            f"stuckAfterSeconds must be at least jobTimeoutSeconds + {HEARTBEAT_S} (one heartbeat), or jobs that still"
            " run would be taken for abandoned"
        )
    return found


# Which two values each conflict is between.
_PAIRS = {
    "perUserLimit": ("perUserLimit", "maxConcurrentJobs"),
    "stuckAfterSeconds": ("stuckAfterSeconds", "jobTimeoutSeconds"),
}


def deployed_values(environ: Mapping[str, str]) -> dict[str, int]:
    """Return the values of this deployment by the names that callers use.

    Raises:
        SettingsError: naming what is out of bounds or contradicts itself.
    """
    settings = load(PuppetSettings, environ)
    values = {name: getattr(settings, field) for name, field in _FIELDS.items()}
    if wrong := conflicts(values):
        raise SettingsError([f"{_VARIABLES[name]}: {text}" for name, text in wrong.items()])
    return values


def in_force(stored: Any, deployed: Mapping[str, int]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Lay a stored document over the deployed values; return what is in force and what of the document is not."""
    if not isinstance(stored, Mapping):
        return dict(deployed), ("the stored settings are no JSON object; the deployed values are in force",)
    problems = [f"{name} is stored and not known; it is ignored" for name in stored if name not in _FIELDS]
    values = dict(deployed)
    for parameter in PARAMETERS:
        if parameter.name in stored:
            try:
                values[parameter.name] = parameter.parse(stored[parameter.name])
            except ValueError as error:
                problems.append(f"{error}; the deployed value {deployed[parameter.name]} is in force")
    for name, text in conflicts(values).items():
        values |= {each: deployed[each] for each in _PAIRS[name]}
        problems.append(f"{text}; the deployed values of {' and '.join(_PAIRS[name])} are in force")
    return values, tuple(problems)


def configuration_of(row: Mapping[str, Any] | None, environ: Mapping[str, str]) -> Configuration:
    """Return what is in force by the row of `job_settings` (None: there is none)."""
    deployed = deployed_values(environ)
    if row is None:
        return _configured(deployed)
    values, problems = in_force(row["settings"], deployed)
    return _configured(
        values,
        enabled=row["enabled"],
        version=row["version"],
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
        problems=problems,
    )


def _configured(values: Mapping[str, int], **facts: Any) -> Configuration:
    fields: dict[str, Any] = {_FIELDS[name]: value for name, value in values.items()}
    return Configuration(**fields, **facts)


def read_configuration(database: Database, environ: Mapping[str, str] = os.environ) -> Configuration:
    """Read what is in force, with one question to the database.

    Raises:
        SettingsError: the deployment's own values are wrong.
        DatabaseUnavailable: it could not be asked.
    """
    rows = database.read(queries("puppet.reading")["configuration"], subject=SUBJECT)
    return configuration_of(rows[0] if rows else None, environ)
