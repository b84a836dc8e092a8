"""A queue of puppet jobs and a connection for one processor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nightshift.database import Database
from tests.integration.puppet.working import Queue, connected


@pytest.fixture
def jobs(postgres: Any) -> Queue:
    return Queue(postgres)


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    with connected(postgres_url) as opened:
        yield opened
