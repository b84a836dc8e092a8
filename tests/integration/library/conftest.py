"""What the library's tests share: a connection that is watched, lock tables with clocks that tests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from local.aws import AwsServices, client
from nightshift.connecting import Address
from nightshift.database import Database
from tests.integration.library.locking import Clocks, LockTable
from tests.integration.library.lossy_door import LossyDoor
from tests.integration.library.wiretap import Wiretap
from tests.support.aws import Aws


@pytest.fixture
def address(postgres_url: str) -> Address:
    return Address.from_url(postgres_url)


@pytest.fixture
def database(address: Address) -> Iterator[Database]:
    database = Database(lambda **_: address)
    yield database
    database.close()


@pytest.fixture
def wiretap(address: Address) -> Iterator[Wiretap]:
    tap = Wiretap(address.port)
    tap.start()
    yield tap
    tap.stop()


@pytest.fixture
def watched(address: Address, wiretap: Wiretap) -> Iterator[Database]:
    """A database whose messages pass the wiretap."""
    leading_there = replace(address, port=wiretap.port)
    database = Database(lambda **_: leading_there)
    yield database
    database.close()


@pytest.fixture(scope="module")
def module_table(aws_server: AwsServices) -> LockTable:
    dynamodb = client("dynamodb", aws_server.endpoint)
    aws = Aws(aws_server.endpoint)
    name = f"locks-{uuid4()}"
    aws.create_table(name)
    return LockTable(name, dynamodb, aws_server.endpoint)


@pytest.fixture
def table(module_table: LockTable) -> LockTable:
    return replace(module_table, clocks=Clocks())


@pytest.fixture
def name() -> str:
    return f"lock-{uuid4()}"


@pytest.fixture
def door(table: LockTable) -> Iterator[LossyDoor]:
    door = LossyDoor(table.endpoint)
    door.start()
    yield door
    door.stop()


@pytest.fixture
def client_of() -> Callable[[str], Any]:
    """Makes a DynamoDB client as the platform has it, but with time-outs that do not slow a test down."""

    def make(endpoint: str) -> Any:
        import boto3
        from botocore.config import Config

        retries = {"mode": "standard", "total_max_attempts": 3}
        config = Config(connect_timeout=1, read_timeout=2, retries=retries)
        made: Any = boto3.client
        return made(
            "dynamodb",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=config,
        )

    return make
