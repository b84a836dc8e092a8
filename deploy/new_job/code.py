"""A new job's code: a handler to be filled, its domain's routes, the door's lists, and sample events."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.new_job.template import CannotAddError, NewJob

_HANDLER: Final = '''"""{description} The handler of the {name} job."""

from __future__ import annotations

from nightshift import Job, Outcome, Run

{constant} = Job(
    name="{name}",
    at_most_s={at_most_s},
    description="{description}",
)


@{constant}.handler
def handler(run: Run) -> Outcome:
    """{description}"""
    return Outcome(processed=0)
'''
_ROUTES: Final = '''"""What {domain} brings to the door."""

from __future__ import annotations

from {domain}.{module} import {constant}
from nightshift.routes import Route, Trigger

JOBS = ({constant},)
ROUTES: tuple[Route, ...] = ()
TRIGGERS: tuple[Trigger, ...] = ()
'''
_PACKAGE: Final = '"""{domain}: what it is about, in a line."""\n'
_EVENTS: Final[Mapping[str, object]] = {
    "manual": {},
    "schedule": {"trigger": "schedule", "slot": "2026-11-22T15:00:00Z"},
    "http": {"trigger": "http", "slot": None, "run_id": None, "params": {}},
}


def files(root: Path, job: NewJob) -> dict[Path, str]:
    """Return every file that the job needs, with its whole content.

    Raises:
        CannotAddError: its handler is there already, or the door's list cannot be added to.
    """
    folder = root / "functions" / job.domain
    values = {**vars(job), "module": job.module, "constant": job.module.upper()}
    handler = folder / f"{job.module}.py"
    if handler.exists():
        raise CannotAddError(f"{handler.relative_to(root)} is there already.")
    made = {handler: _HANDLER.format(**values)}
    routes = folder / "routes.py"
    if routes.exists():
        made[routes] = _joined(routes.read_text("utf-8"), job)
    else:
        made[folder / "__init__.py"] = _PACKAGE.format(**values)
        made[routes] = _ROUTES.format(**values)
        domains = root / "functions" / "api" / "domains.py"
        made[domains] = _with_domain(domains.read_text("utf-8"), job.domain)
    guards = root / "tests" / "contract" / "guards.txt"
    made[guards] = _guarded(guards.read_text("utf-8"), job.name)
    for trigger, event in _EVENTS.items():
        made[root / "events" / f"{job.name}.{trigger}.json"] = json.dumps(event, indent=2) + "\n"
    return made


def _joined(routes: str, job: NewJob) -> str:
    """Return a domain's routes with one more job."""
    constant = job.module.upper()
    imported = f"from {job.domain}.{job.module} import {constant}\n"
    text = re.sub(r"^from nightshift", lambda place: imported + place[0], routes, count=1, flags=re.MULTILINE)
    text, count = re.subn(r"^JOBS = \((.*?),?\)$", rf"JOBS = (\1, {constant})", text, count=1, flags=re.MULTILINE)
    if not count:
        raise CannotAddError(f"functions/{job.domain}/routes.py has no line `JOBS = (…)` to add {constant} to.")
    return text


def _with_domain(domains: str, domain: str) -> str:
    """Return the door's list with one more domain."""
    text = re.sub(
        r"^from product_checks", lambda place: f"from {domain} import routes as {domain}\n{place[0]}", domains, count=1,
        flags=re.MULTILINE,
    )  # fmt: skip
    text, count = re.subn(r"^    housekeeping,\n", lambda place: f"    {domain},\n{place[0]}", text, flags=re.MULTILINE)
    if count != 1:
        raise CannotAddError("functions/api/domains.py has no line `housekeeping,` to add the domain before.")
    return text


def _guarded(guards: str, job: str) -> str:
    """Return the written list of guards with the job's route, in the order of the list."""
    remarks = [line for line in guards.splitlines() if not line or line.startswith("#")]
    written = [line for line in guards.splitlines() if line and not line.startswith("#")]
    return "\n".join([*remarks, *sorted([*written, f"job     POST /api/jobs/{job}"])]) + "\n"
