"""Which jobs there are, and how this deployment runs them: the declared jobs, joined with the JOBS variable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nightshift import Job
from nightshift.errors import InvalidSchedule, SettingsError
from nightshift.punctuality import watched_as
from nightshift.schedule import Schedule, parse

_FIELDS = ("function", "schedule", "zone", "enabled")
_PLACEHOLDER = re.compile(r"\\\{\w+\\\}")


@dataclass(frozen=True)
class Entry:
    """One job as it is deployed; `schedule` is None where nothing but a caller starts it."""

    job: Job
    function: str
    schedule: Schedule | None
    zone: str
    enabled: bool

    @property
    def watched_as(self) -> str:
        """What the watchdog remembers of its schedule; another text is another schedule, watched anew."""
        return watched_as(self.schedule) if self.schedule and self.enabled else ""

    def next_run(self, now: datetime) -> datetime | None:
        """Return when its schedule starts it next, or None where it does not."""
        return self.schedule.next_after(now) if self.schedule and self.enabled else None


class Catalogue:
    """The jobs by name, in the order in which they were declared."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = {entry.job.name: entry for entry in entries}
        self._locks = [(_lock_pattern(entry.job), entry.job.name) for entry in entries]

    @classmethod
    def read(cls, jobs: Sequence[Job], raw: str) -> Catalogue:
        """Join the declared jobs with the JSON of the JOBS variable.

        Raises:
            SettingsError: naming everything in it that is missing or wrong.
        """
        deployed = _object(raw)
        known = {job.name for job in jobs}
        problems = [f"JOBS.{name}: there is no such job" for name in deployed if name not in known]
        entries = [entry for job in jobs if (entry := _entry(job, deployed.get(job.name), problems))]
        if problems:
            raise SettingsError(problems)
        return cls(entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all jobs."""
        return tuple(self._entries)

    def job_of_lock(self, lock: str) -> str | None:
        """Return the job that a lock of this name belongs to, or None where the name does not tell."""
        return next((job for pattern, job in self._locks if pattern.fullmatch(lock)), None)


def _lock_pattern(job: Job) -> re.Pattern[str]:
    return re.compile(_PLACEHOLDER.sub(".+", re.escape(job.lock or job.name)))


def _object(raw: str) -> Mapping[str, Any]:
    try:
        deployed = json.loads(raw)
    except ValueError:
        deployed = None
    if not isinstance(deployed, dict):
        raise SettingsError(['JOBS must be a JSON object such as {"a-job": {"function": "name-of-its-lambda"}}'])
    return deployed


def _entry(job: Job, raw: Any, problems: list[str]) -> Entry | None:
    """Check one job's part of JOBS and add what is wrong with it to `problems`."""
    name = f"JOBS.{job.name}"
    if not isinstance(raw, dict):
        problems.append(f"{name} is missing" if raw is None else f"{name} must be a JSON object")
        return None
    wrong = [f"{name}.{field} is not known (known: {', '.join(_FIELDS)})" for field in raw if field not in _FIELDS]
    function, enabled, zone = raw.get("function", ""), raw.get("enabled", True), raw.get("zone", "UTC")
    if not isinstance(function, str) or not function:
        wrong.append(f"{name}.function must be the name of the job's Lambda function")
    if not isinstance(enabled, bool):
        wrong.append(f"{name}.enabled must be true or false")
    schedule = _schedule(name, raw.get("schedule"), zone, wrong)
    problems += wrong
    return None if wrong else Entry(job, function, schedule, zone, enabled)


def _schedule(name: str, expression: Any, zone: Any, wrong: list[str]) -> Schedule | None:
    if not isinstance(zone, str):
        wrong.append(f"{name}.zone must be an IANA time zone such as America/New_York")
        return None
    if expression is None:
        return None
    try:
        return parse(str(expression), zone)
    except InvalidSchedule as error:
        wrong.extend(f"{name}.{problem}" for problem in error.problems)
        return None
