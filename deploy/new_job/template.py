"""A new job's part of template.yaml: what stands there for `retention`, under names of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PATTERN: Final = "retention"
_PATTERN_ID: Final = "Retention"
# Logical ids of the pattern; `RetentionInDays` and the like are not among them.
_IDS: Final = re.compile(rf"\b{_PATTERN_ID}(?=(Function|Logs|Role|ScheduleRole|Schedule|Zone|State|Enabled|On)\b)")
# What only the pattern reads, and what only it needs so long.
_SETTINGS: Final = re.compile(r"^ +\w+_DAYS: .*\n", re.MULTILINE)
_REMARK: Final = re.compile(r"^ +# More than this goes on.*\n", re.MULTILINE)
_WIDTH: Final = 120


class CannotAddError(Exception):
    """The template or the name is not as it must be; the message says what would be right."""


@dataclass(frozen=True)
class NewJob:
    """What is known of the job: its name, the folder of its domain, when it runs (UTC), and how long at most."""

    name: str
    domain: str
    schedule: str
    at_most_s: int
    description: str

    @property
    def id(self) -> str:
        """What its logical ids begin with."""
        return "".join(word.capitalize() for word in self.name.split("-"))

    @property
    def module(self) -> str:
        """The name of its handler's module."""
        return self.name.replace("-", "_")


def add(template: str, job: NewJob) -> str:
    """Return the template with the job in it.

    Raises:
        CannotAddError: it has such a job, or lacks one of the places that this looks for.
    """
    if f"  {job.id}Function:" in template:
        raise CannotAddError(f"template.yaml has a job with the ids {job.id}… already: choose another name.")
    for place in (_group, _parameters, _condition, _listed, _is_on, _may_be_started, _block):
        template = place(template, job)
    return template


def _renamed(text: str, job: NewJob) -> str:
    named = _IDS.sub(job.id, text).replace(f"housekeeping.{PATTERN}.handler", f"{job.domain}.{job.module}.handler")
    return re.sub(rf"(?<![\w.]){PATTERN}\b|(?<=-){PATTERN}\b", job.name, named)


def _insert(template: str, after: str, made: Callable[[re.Match[str]], str]) -> str:
    """Put what `made` makes of a place behind it; the place must be there once."""
    found = list(re.finditer(after, template, re.MULTILINE | re.DOTALL))
    if len(found) != 1:
        raise CannotAddError(f"template.yaml has {len(found)} places like {after!r}, and this needs one.")
    end = found[0].end()
    return template[:end] + made(found[0]) + template[end:]


def _group(template: str, job: NewJob) -> str:
    label = job.name.replace("-", " ").capitalize()
    names = ", ".join(f"{job.id}{part}" for part in ("Schedule", "Zone", "State"))
    made = f"      - Label: {{default: {label}}}\n        Parameters: [{names}]\n"
    return _insert(template, r"^ +Parameters: \[WatchdogSchedule, [^\n]*\n", lambda _: made)


def _parameters(template: str, job: NewJob) -> str:
    def made(place: re.Match[str]) -> str:
        return re.sub(r"(?<=Default: )cron\([^\n]*", job.schedule, _renamed(place[0], job), count=1)

    return _insert(template, rf"^  {_PATTERN_ID}Schedule:\n.*?^  {_PATTERN_ID}State:\n(?:    [^\n]*\n)+", made)


def _condition(template: str, job: NewJob) -> str:
    return _insert(template, rf"^  {_PATTERN_ID}Enabled: [^\n]*\n", lambda place: _renamed(place[0], job))


def _listed(template: str, job: NewJob) -> str:
    return _insert(template, rf'^ +"{PATTERN}":\{{.*?\}},\n', lambda place: _renamed(place[0], job))


def _is_on(template: str, job: NewJob) -> str:
    return _insert(template, rf"^ +{_PATTERN_ID}On: [^\n]*\n", lambda place: _renamed(place[0], job))


def _may_be_started(template: str, job: NewJob) -> str:
    place = rf"^ {{18}}- !Sub arn:[^\n]*:function:\${{AWS::StackName}}-{PATTERN}\n"
    return _insert(template, place, lambda place: _renamed(place[0], job))


def _block(template: str, job: NewJob) -> str:
    def made(place: re.Match[str]) -> str:
        text = _REMARK.sub("", _SETTINGS.sub("", _renamed(place[0], job)))
        text = re.sub(r"^  # ---- [^\n]*", f"  # ---- Job: {job.name} ".ljust(_WIDTH, "-"), text, count=1)
        text = re.sub(r"(?<=^      Description: )[^\n]*", job.description.rstrip("."), text, flags=re.MULTILINE)
        return re.sub(r"(?<=^      Timeout: )\d+", str(min(job.at_most_s, 900)), text, flags=re.MULTILINE)

    return _insert(template, rf"^  # ---- Job: {PATTERN} -+\n.*?(?=^  # ---- Job: )", made)
