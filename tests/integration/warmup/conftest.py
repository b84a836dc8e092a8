"""One database for all of these tests, emptied before each, and a cache that is each test's own."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pg8000.native
import pytest

from api.door import Door
from api.settings import load_settings
from nightshift.platform import HURRY, Platform, PlatformSettings
from nightshift.settings import load
from tests.integration.warmup.door import AS_READER, AS_SHOP, JOBS, PREMIUM, Workers
from tests.integration.warmup.shelf import Shelf
from tests.support.aws import Aws
from tests.support.databases import DatabaseServer
from tests.support.door import ADMIN_SECRET, JOB_SECRET, READ_SECRET, WARMUP_SECRET, Caller
from tests.support.invocations import taken_by
from warmup import routes

# Not TRUNCATE: for a few rows, making new files costs more.
_EMPTY = "DELETE FROM comparisons; DELETE FROM job_runs; DELETE FROM job_fence; DELETE FROM job_slots"


@pytest.fixture(scope="package")
def one_database(database_server: DatabaseServer) -> Iterator[str]:
    with database_server.database() as url:
        yield url


@pytest.fixture(scope="package")
def one_connection(database_server: DatabaseServer, one_database: str) -> Iterator[pg8000.native.Connection]:
    connection = database_server.connect(one_database.rpartition("/")[2])
    yield connection
    connection.close()


@pytest.fixture
def postgres_url(one_database: str, one_connection: pg8000.native.Connection, monkeypatch: pytest.MonkeyPatch) -> str:
    for statement in _EMPTY.split(";"):
        one_connection.run(statement)
    monkeypatch.setenv("DATABASE_URL", one_database)
    return one_database


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers give up on what is slow, and a busy machine is slow: these tests ask what happens, not how soon."""
    monkeypatch.setattr("nightshift.platform.HURRY", replace(HURRY, connect_s=2.0, answer_s=2.0))
    monkeypatch.setattr("warmup.premium._BUDGET_S", 30.0)
    monkeypatch.setattr("warmup.premium._DATABASE_S", 10.0)


@pytest.fixture
def shelf(postgres_url: str, one_connection: pg8000.native.Connection, aws: Aws) -> Shelf:
    return Shelf(one_connection, aws)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    played = Workers()

    def take(_function: str, event: dict[str, Any]) -> int:
        if played.status == 202:
            played.take(event)
        return played.status

    with taken_by(take) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", endpoint)
        yield played


@pytest.fixture
def platform(shelf: Shelf, workers: Workers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    shelf.clock.ms = time.time_ns() // 1_000_000
    monkeypatch.setenv("JOBS", json.dumps(JOBS))
    for name, value in {
        "JOB": JOB_SECRET, "ADMIN": ADMIN_SECRET, "WARMUP": WARMUP_SECRET, "READ": READ_SECRET,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"{name}_SECRET_REF", shelf.aws.create_secret(name.lower(), value))
    own = Platform(load(PlatformSettings, os.environ))
    yield own
    own.database.close()


@pytest.fixture
def call(platform: Platform) -> Caller:
    caller = Caller(Door(platform, load_settings(os.environ), (routes,)))
    caller("GET", PREMIUM, AS_READER)  # the secrets are read
    return caller


@pytest.fixture
def read(call: Caller) -> Callable[..., Any]:
    def read(slug: str = "tea-vs-coffee", headers: dict[str, str] = AS_SHOP) -> Any:
        answer = call("GET", PREMIUM, headers, query={"slug": slug})
        assert answer.status == 200
        return answer.body

    return read
