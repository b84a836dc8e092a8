"""The door with the routes of puppet jobs, over a database that is emptied for each test; Lambda is played."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from api.door import Door
from api.settings import load_settings
from nightshift.platform import Platform, PlatformSettings
from nightshift.settings import load
from puppet import routes
from tests.integration.puppet.reading.history import History
from tests.support.aws import Aws
from tests.support.databases import DatabaseServer
from tests.support.door import ADMIN_SECRET, READ_SECRET, WEBHOOK_SECRET, Caller
from tests.support.invocations import taken_by

_EMPTY = """
    DELETE FROM puppet_jobs; DELETE FROM puppet_lanes; DELETE FROM puppet_job_execution_logs;
    DELETE FROM puppet_cron_processor_state; DELETE FROM job_settings; DELETE FROM audit_log; DELETE FROM job_runs
"""
_JOBS = {"puppet-jobs": {"function": "puppet-lambda", "schedule": "rate(1 minute)", "zone": "UTC"}}


@pytest.fixture(scope="package")
def one_database(database_server: DatabaseServer) -> Iterator[str]:
    with database_server.database() as url:
        yield url


@pytest.fixture(scope="package")
def one_history(database_server: DatabaseServer, one_database: str) -> Iterator[History]:
    connection = database_server.connect(one_database.rpartition("/")[2])
    yield History(connection)
    connection.close()


@pytest.fixture
def history(one_history: History) -> History:
    """The database as the tests fill it."""
    for statement in _EMPTY.split(";"):
        one_history.run(statement)
    return one_history


@pytest.fixture
def postgres_url(one_database: str, history: History, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", one_database)
    return one_database


@pytest.fixture
def invoked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """The events with which Lambda functions were invoked."""
    events: list[dict[str, Any]] = []

    def take(_function: str, event: dict[str, Any]) -> int:
        events.append(event)
        return 202

    with taken_by(take) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", endpoint)
        yield events


@pytest.fixture
def environment(aws: Aws, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """The environment of a deployed door."""
    monkeypatch.setenv("JOBS", json.dumps(_JOBS))
    for name, secret in (("ADMIN", ADMIN_SECRET), ("READ", READ_SECRET), ("WEBHOOK", WEBHOOK_SECRET)):
        monkeypatch.setenv(f"{name}_SECRET_REF", aws.create_secret(name.lower(), secret))
    return aws


@pytest.fixture
def platform(environment: Aws) -> Iterator[Platform]:
    made = Platform(load(PlatformSettings, os.environ))
    yield made
    for name in ("database", "analytics"):
        if name in vars(made):
            getattr(made, name).close()


@pytest.fixture
def call(platform: Platform) -> Caller:
    return Caller(Door(platform, load_settings(os.environ), (routes,)))
