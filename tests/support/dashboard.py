"""The dashboard as a browser reaches it: the gateway and the door in one process, over a real database and locks."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from api.door import Door
from api.incoming import Incoming
from api.settings import load_settings
from local import resources, settings
from local.aws import AwsServices
from local.gateway import Gateway
from local.lambda_service.invocation import Invocation, Result
from local.stack import Route, Stack
from local.state import ROOT
from local.template import Template
from nightshift.platform import Platform, PlatformSettings
from nightshift.settings import load


@dataclass
class Dashboard:
    """A door with an address; `database` is what it reads."""

    url: str
    platform: Platform
    environment: dict[str, str]
    secrets: Path
    turn: threading.Lock = field(default_factory=threading.Lock)

    def secret(self, name: str) -> str:
        """The value of one of the template's secrets, as `ReadSecret`."""
        return (self.secrets / name).read_text()

    @property
    def jobs(self) -> dict[str, Any]:
        """The deployed jobs by name."""
        found: dict[str, Any] = json.loads(self.environment["JOBS"])
        return found

    def write(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Change the data behind the pages, between two requests."""
        with self.turn:
            return self.platform.database.write(statement, **values)

    def empty(self) -> None:
        """Forget all runs."""
        self.write("TRUNCATE job_runs, job_fence, job_slots, audit_log, job_settings, job_states")

    def add_run(self, job: str, status: str, at: datetime, duration_ms: int | None = 1000, **columns: Any) -> str:
        """Record a run that was started by its schedule, and return its id."""
        given: dict[str, Any] = {
            "id": str(uuid4()), "job": job, "lock": job, "trigger": "schedule", "status": status,
            "who": f"schedule {at:%Y-%m-%d %H:%M} UTC", "slot": at, "created_at": at, "started_at": at,
            "finished_at": None, "duration_ms": duration_ms, **columns,
        }  # fmt: skip
        names = ", ".join(given)
        self.write(f"INSERT INTO job_runs ({names}) VALUES ({', '.join(f':{name}' for name in given)})", **given)
        return str(given["id"])


@contextmanager
def serving(database_url: str, aws: AwsServices, folder: Path, **environment: str) -> Iterator[Dashboard]:
    """Serves the dashboard of the template's own jobs until the end of the block; tests bring its environment along."""
    template = Template.read(ROOT / "template.yaml", settings.STACK_NAME, settings.PARAMETERS)
    stack = Stack(template, aws.endpoint)
    resources.create(stack, aws.endpoint, folder)
    api = next(function for function in stack.functions if function.handler == "api.app.handler")
    given = {
        **api.environment, **aws.environment(), **settings.ENVIRONMENT, "DATABASE_URL": database_url, **environment,
    }  # fmt: skip
    platform, door = _made(given)
    turn = threading.Lock()

    def answer(_function: str, invocation: Invocation) -> Result:
        incoming = Incoming.read(json.loads(invocation.payload), invocation.request_id)
        with turn:
            return Result(json.dumps(door.answer(incoming, 29.0)).encode())

    gateway = Gateway([Route("ANY", "$default", "api")], answer)
    gateway.start()
    try:
        yield Dashboard(gateway.url, platform, given, folder, turn)
    finally:
        gateway.stop()
        platform.database.close()


def _made(environment: dict[str, str]) -> tuple[Platform, Door]:
    """Makes the door in its environment, which ends with this: whoever else runs meanwhile must not find it."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        platform = Platform(load(PlatformSettings, environment))
        door = Door(platform, load_settings(environment))
        for service in ("dynamodb", "secretsmanager", "lambda"):
            platform.client(service)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return platform, door
