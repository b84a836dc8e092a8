"""What a stack must answer to count as running, asked through its own door; it changes nothing but a run of one job."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import httpx

from deploy.translated import Template
from local.report import say, step

# A fresh address may take a moment to be known, and the first answer starts the function.
_FIRST_ANSWER_S: Final = 60.0
_RUN_S: Final = 120.0
_PAUSE_S: Final = 1.0
_OPEN: Final = ("queued", "running")
# It looks and tells, and takes the place of no other run.
HARMLESS: Final = "watchdog"
Check = tuple[str, Callable[[], str]]


class SmokeError(Exception):
    """The stack does not do what it should; the message is for a person and holds no secret."""


@dataclass(frozen=True)
class Door:
    """Where a stack answers, and the secret that opens every route."""

    client: httpx.Client
    secret: str

    def ask(self, method: str, path: str, secret: str | None = None) -> httpx.Response:
        """Ask once. Raises SmokeError when nothing answers."""
        headers = {} if secret is None else {"X-Job-Secret": secret}
        try:
            return self.client.request(method, path, headers=headers, json={} if method == "POST" else None)
        except httpx.HTTPError as error:
            raise SmokeError(f"{method} {path}: no answer ({error or type(error).__name__})") from None

    def opened(self, method: str, path: str, status: int) -> dict[str, Any]:
        """Ask with the secret and return the JSON. Raises SmokeError for any other status."""
        answer = _expect(self.ask(method, path, self.secret), status)
        found: dict[str, Any] = answer.json()
        return found


def open_door(url: str, secret: str) -> Door:
    """A door to ask; its client is closed with `door.client.close()`."""
    return Door(httpx.Client(base_url=url, timeout=35.0), secret)


def checks(door: Door, jobs: set[str], started: Iterable[str] = (HARMLESS,)) -> Iterator[Check]:
    """Each check by name: calling it returns what was seen, or raises SmokeError.

    `jobs` are the names that the door must list; those in `started` are run, one after the other.
    """
    yield "alive", partial(_alive, door)
    yield "closed", partial(_closed, door)
    yield "jobs", partial(_lists, door, jobs)
    for job in started:
        yield job, partial(_runs, door, job)
    yield "page", partial(_page, door)


def _expect(answer: httpx.Response, *statuses: int) -> httpx.Response:
    if answer.status_code in statuses:
        return answer
    asked = f"{answer.request.method} {answer.request.url.path}"
    wanted = " or ".join(map(str, statuses))
    raise SmokeError(f"{asked} answered {answer.status_code}, not {wanted}: {answer.text[:300]}")


def _alive(door: Door) -> str:
    deadline = time.monotonic() + _FIRST_ANSWER_S
    while True:
        try:
            _expect(door.ask("GET", "/healthz"), 200)
        except SmokeError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_S)
        else:
            return "GET /healthz answers 200"


def _closed(door: Door) -> str:
    _expect(door.ask("GET", "/api/jobs"), 401)
    _expect(door.ask("POST", f"/api/jobs/{HARMLESS}", "wrong-" + "x" * 42), 401)
    return "401 without a secret and with a wrong one"


def _lists(door: Door, jobs: set[str]) -> str:
    listed = {job["name"] for job in door.opened("GET", "/api/jobs", 200)["jobs"]}
    if listed != jobs:
        raise SmokeError(f"GET /api/jobs lists {sorted(listed)}, not {sorted(jobs)}")
    return f"all {len(listed)} are listed"


def _runs(door: Door, job: str) -> str:
    """Start a job and wait for its end; where it runs already, that run is waited for and ours comes after it."""
    deadline = time.monotonic() + _RUN_S
    while (answer := door.ask("POST", f"/api/jobs/{job}", door.secret)).status_code == 429:
        if time.monotonic() > deadline:
            break
        time.sleep(_PAUSE_S)
    place = _expect(answer, 202).json()["statusUrl"]
    while (run := door.opened("GET", place, 200))["status"] in _OPEN:
        if time.monotonic() > deadline:
            raise SmokeError(f"{job} is still {run['status']} after {_RUN_S:.0f} s: its function may not start")
        time.sleep(_PAUSE_S)
    if run["status"] != "succeeded":
        raise SmokeError(f"{job} ended {run['status']}: {run.get('error') or 'its log says why'}")
    return f"202, then {run['status']}"


def _page(door: Door) -> str:
    _expect(door.ask("GET", "/login"), 200)
    return "GET /login answers 200"


def job_names(template: Template) -> set[str]:
    """Return the jobs that a template's door knows."""
    written = template["Resources"]["ApiFunction"]["Properties"]["Environment"]["Variables"]["JOBS"]["Fn::Sub"][0]
    return set(re.findall(r'"([a-z-]+)":\{"function"', written))


def tell(found: Iterable[Check]) -> int:
    """Make each check and tell what came of it; return how many failed. After the first nothing else is tried."""
    for name, check in found:
        try:
            with step(name) as told:
                told.append(check())
        except SmokeError as error:
            say(f"  {name:<15} FAILED: {error}")
            return 1
    return 0
