"""The door over a real PostgreSQL, over the AWS services of these tests, and over an Invoke API that says yes.

Lambda itself is the one part that is played: `Workers` takes asynchronous invocations over real HTTP as Lambda does
(202 for an Event) and keeps them; a test may let it end a run as a worker would. The whole way is in tests/e2e.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from api.app import door as the_door
from api.domains import DOMAINS
from api.door import Door
from api.settings import load_settings
from nightshift import runs
from nightshift.connecting import Address
from nightshift.database import Database
from nightshift.platform import Platform, PlatformSettings
from nightshift.settings import load
from tests.integration.api.browsing import FORM, session
from tests.support import door as support
from tests.support.aws import Aws
from tests.support.databases import DatabaseServer
from tests.support.domains import fill
from tests.support.door import ADomain, Answer, Caller
from tests.support.invocations import taken_by

UNSUBSCRIBE_SECRET, CALLBACK_SECRET = "the unsubscribe secret of these tests", "the callback secret of these tests"


@dataclass
class Workers:
    """What was invoked; `then` happens right after an invocation was taken."""

    invoked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refuses: bool = False
    then: Callable[[dict[str, Any]], None] | None = None

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events alone."""
        return [event for _, event in self.invoked]

    def take(self, function: str, event: dict[str, Any]) -> int:
        """Return the status of Lambda's answer."""
        if self.refuses:
            return 404
        self.invoked.append((function, event))
        if self.then:
            self.then(event)
        return 202


@pytest.fixture
def workers(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    played = Workers()
    with taken_by(played.take) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", endpoint)
        yield played


@pytest.fixture(scope="package")
def shared_database(database_server: DatabaseServer) -> Iterator[str]:
    with database_server.database() as url:
        yield url


@pytest.fixture
def postgres_url(shared_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """One database for all of these tests, emptied before each: a copy for each would take a minute in all."""
    monkeypatch.setenv("DATABASE_URL", shared_database)
    own = connect(shared_database)
    own.write("TRUNCATE job_runs, job_fence, job_slots, job_settings, job_states, audit_log, idempotency_keys")
    own.close()
    return shared_database


@pytest.fixture
def environment(aws: Aws, postgres_url: str, workers: Workers, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """The environment of a deployed door."""
    monkeypatch.setenv("JOBS", support.JOBS)
    store = aws.client("secretsmanager")
    for name in ("JOB", "ADMIN", "READ", "WARMUP", "WEBHOOK", "SESSION"):
        store.create_secret(Name=name.lower(), SecretString=getattr(support, f"{name}_SECRET"))
        monkeypatch.setenv(f"{name}_SECRET_REF", f"secretsmanager:{name.lower()}")
    the_door.cache_clear()
    return aws


@pytest.fixture
def make_caller(environment: Aws) -> Iterator[Callable[[], Caller]]:
    """Makes callers of doors that share nothing but what is outside of them, as two processes would."""
    platforms: list[Platform] = []

    def make() -> Caller:
        platforms.append(Platform(load(PlatformSettings, os.environ)))
        return Caller(Door(platforms[-1], load_settings(os.environ), (ADomain(),)))

    yield make
    for platform in platforms:
        platform.database.close()


@pytest.fixture
def call(make_caller: Callable[[], Caller]) -> Caller:
    return make_caller()


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """A connection of the test's own."""
    own = connect(postgres_url)
    yield own
    own.close()


def connect(url: str) -> Database:
    """A connection of nobody's but the caller's."""
    address = Address.from_url(url)
    return Database(lambda *, afresh: address)  # noqa: ARG005  # never rotated


@pytest.fixture
def real_environment(environment: Aws, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployed door of all domains, over rows of all of them."""
    jobs = {job.name: {"function": f"{job.name}-lambda", "zone": "UTC"} for domain in DOMAINS for job in domain.JOBS}
    jobs["product-checks"]["schedule"] = "rate(30 minutes)"
    monkeypatch.setenv("JOBS", json.dumps(jobs))
    for name, value in (("unsubscribe", UNSUBSCRIBE_SECRET), ("callback", CALLBACK_SECRET)):
        environment.client("secretsmanager").create_secret(Name=name, SecretString=value)
    monkeypatch.setenv("UNSUBSCRIBE_SECRET_REF", "secretsmanager:unsubscribe")
    monkeypatch.setenv("PUPPET_WORKER_SECRET_REF", "secretsmanager:callback")
    fill(database.write, checks=60, notifications=40, jobs=60, attempts=60, entries=40)


@pytest.fixture
def real_call(real_environment: None) -> Iterator[Caller]:
    """Calls a door of all domains."""
    platform = Platform(load(PlatformSettings, os.environ))
    yield Caller(Door(platform, load_settings(os.environ)))
    platform.database.close()


@pytest.fixture
def ends_runs(workers: Workers, database: Database) -> Workers:
    """Workers that end every run at once, with three items done."""
    lock = threading.Lock()

    def end(event: dict[str, Any]) -> None:
        with lock:
            database.write(runs.finish(event["run_id"], "succeeded", processed=3))

    workers.then = end
    return workers


@pytest.fixture
def as_admin(call: Caller) -> Callable[..., Answer]:
    """Asks as a browser does that is signed in with the admin secret."""
    cookies = session(call)
    return lambda method, path, **sent: call(method, path, FORM, cookies=cookies, **sent)
