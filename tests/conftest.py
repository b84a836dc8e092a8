"""Fixtures for everybody.

- `database_server` (session): a PostgreSQL server; `.connect(name)`, `.database()`, `.url(name)`.
- `postgres_url`: a fresh, migrated database of this test's own; also in the environment as DATABASE_URL.
- `empty_postgres_url`: the same without the migrations.
- `postgres`: a plain pg8000 connection to `postgres_url`, to look at what the code under test has done.
- `aws`: DynamoDB, SQS, Secrets Manager and SSM, empty but for the tables LOCK_TABLE and CACHE_TABLE; the
  environment leads boto3 there. `.client(service)`, `.create_secret(name, value)`, `.create_queue(name)`.
- `local_system` (module, in tests/e2e): the whole local system, through its own doors.

Every test starts without AWS_* and without any setting of the functions in its environment, and gives the
environment back as it was.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator

import pg8000.native
import pytest
from hypothesis import settings

from local.aws import AwsServices
from tests.support import databases
from tests.support.aws import CACHE_TABLE, LOCK_TABLE, Aws

# A run that wrote a secret where others can read it has failed.
pytest_plugins = ["tests.support.leaks"]

# A change is judged by the same examples on every machine, and never by how long one takes;
# `--hypothesis-profile=searching` looks further, elsewhere each time.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None, max_examples=1000)
settings.load_profile("same")

# What a person's shell may hold and a test must not see.
_FOREIGN = (
    "AWS_",
    "CHECK_",
    "DATABASE_",
    "MIN_CHECK_",
    "MAX_",
    "RESERVATION_",
    "PUPPET_",
    "EXPLAINER",
    "EXPLANATIONS_",
    "PER_USER_",
    "INVITE_",
    "LOG_RETENTION_",
    "ANALYTICS_",
    "WISHLIST_",
    "MAIL_",
    "SES_",
    "SHOP_",
    "POWERTOOLS_",
    "LAMBDA_",
    "JOBS",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collecting makes a million objects and no garbage; to look through them for some takes half of its time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def own_world() -> Iterator[None]:
    """The environment and the once-a-process objects of the library are this test's own."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(_FOREIGN) or name.endswith(("_SECRET_REF", "_TABLE", "_RETENTION_DAYS")):
            del os.environ[name]
    yield
    _forget_platform()
    os.environ.clear()
    os.environ.update(before)


def _forget_platform() -> None:
    """Closes the connection that the code under test opened and lets the next test start anew."""
    module = sys.modules.get("nightshift.platform")
    if module is None or module.platform.cache_info().currsize == 0:
        return
    for name in ("database", "analytics"):
        if name in vars(module.platform()):
            getattr(module.platform(), name).close()
    module.platform.cache_clear()


@pytest.fixture(scope="session")
def database_server() -> Iterator[databases.DatabaseServer]:
    with databases.database_server() as server:
        yield server


@pytest.fixture
def postgres_url(database_server: databases.DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with database_server.database() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield url


@pytest.fixture
def empty_postgres_url(database_server: databases.DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with database_server.database(migrated=False) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield url


@pytest.fixture
def postgres(database_server: databases.DatabaseServer, postgres_url: str) -> Iterator[pg8000.native.Connection]:
    connection = database_server.connect(postgres_url.rpartition("/")[2])
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def aws_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsServices]:
    services = AwsServices(tmp_path_factory.mktemp("aws") / "server.log")
    services.start()
    yield services
    services.stop()


@pytest.fixture
def aws(aws_server: AwsServices, monkeypatch: pytest.MonkeyPatch) -> Aws:
    services = Aws(aws_server.endpoint)
    services.empty()
    for name, value in aws_server.environment().items():
        monkeypatch.setenv(name, value)
    services.create_table(LOCK_TABLE)
    services.create_table(CACHE_TABLE, "pk", "sk")
    monkeypatch.setenv("LOCK_TABLE", LOCK_TABLE)
    monkeypatch.setenv("CACHE_TABLE", CACHE_TABLE)
    return services
