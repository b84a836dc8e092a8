"""What the proof of the lock stands on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.aws import AwsServices
from tests.lock import emulators
from tests.lock.proof import Proof, proof
from tests.support.databases import DatabaseServer


@pytest.fixture(scope="module")
def proven(database_server: DatabaseServer) -> Iterator[Proof]:
    with database_server.database() as url, proof(url) as made:
        yield made


@pytest.fixture(scope="module", params=["moto", "dynalite"])
def emulator(request: pytest.FixtureRequest, aws_server: AwsServices) -> Iterator[Any]:
    """The lock table as somebody else has written it."""
    if request.param == "moto":
        yield emulators.table_at(aws_server.endpoint)
        return
    if lacking := emulators.without_dynalite():
        pytest.skip(lacking)
    with emulators.dynalite() as table:
        yield table
