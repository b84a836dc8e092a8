"""A queue of puppet jobs and a connection for one processor; workers over HTTP, imported where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from nightshift.database import Database
from tests.integration.puppet.working import Queue, connected

if TYPE_CHECKING:
    from puppet.executing.http import HttpWorkers
    from tests.integration.puppet.answering import Reacting


@pytest.fixture
def jobs(postgres: Any) -> Queue:
    return Queue(postgres)


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    with connected(postgres_url) as opened:
        yield opened


@pytest.fixture
def workers() -> Iterator[HttpWorkers]:
    from puppet.executing.http import HttpWorkers
    from puppet.executing.requests import Requests
    from tests.integration.puppet.answering import DOOR, OLD, SECRET

    opened = HttpWorkers(Requests(DOOR, SECRET), [SECRET, OLD], 10)
    yield opened
    opened.close()


@pytest.fixture
def reacting() -> Iterator[Reacting]:
    from tests.integration.puppet.answering import SECRET, Reacting

    opened = Reacting()
    opened.worker.start(SECRET)
    yield opened
    opened.worker.stop()
