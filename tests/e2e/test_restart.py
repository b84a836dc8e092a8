"""What outlives a stop, and what a system makes of the traces of one that was killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.aws import client
from local.database import connected
from local.stack import TABLE
from local.system import LocalSystem

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class _Stopped:
    """What a system that has run a job once has left behind."""

    state: Path
    fence: int
    secret: str

    @property
    def tables(self) -> Path:
        return self.state / "tables.json"

    @contextmanager
    def again(self) -> Iterator[LocalSystem]:
        """The system, started once more on what was left."""
        with LocalSystem(self.state, in_a_hurry=True) as system:
            system.start_stores()
            system.start_functions()
            yield system


@pytest.fixture(scope="module")
def stopped(state: Path) -> _Stopped:
    with LocalSystem(state, in_a_hurry=True) as system:
        system.start_stores()
        system.start_functions()
        system.migrate()
        assert _run(system)["status"] == "succeeded"
        return _Stopped(state, _fence(system), (system.secrets / "JobSecret").read_text())


def _run(system: LocalSystem) -> dict[str, Any]:
    """A run of the product checks that finds nothing to do."""
    result = system.invoke(system.jobs["product-checks"], b"{}")
    assert not result.failed, result.payload
    answer: dict[str, Any] = json.loads(result.payload)
    return answer


def _fence(system: LocalSystem) -> int:
    dynamodb = client("dynamodb", system.functions._environment["AWS_ENDPOINT_URL"])
    table = system.stack.stores(TABLE)[0].name
    return int(dynamodb.get_item(TableName=table, Key={"pk": {"S": "product-checks"}})["Item"]["fence"]["N"])


def test_locks_data_and_secrets_outlive_a_stop(stopped: _Stopped) -> None:
    with stopped.again() as system:
        before = _fence(system)
        assert system.migrate() == []
        with connected(system.database.url) as database:
            assert database.run("SELECT count(*) > 0 FROM job_runs WHERE status = 'succeeded'") == [[True]]
        assert _run(system)["status"] == "succeeded"
        assert before >= stopped.fence
        assert _fence(system) == before + 1
        assert (system.secrets / "JobSecret").read_text() == stopped.secret


@pytest.mark.long
def test_the_fence_never_falls_behind_the_database(stopped: _Stopped) -> None:
    stopped.tables.unlink()

    with stopped.again() as system:
        system.migrate()
        assert _run(system)["status"] == "succeeded"
        assert _fence(system) > stopped.fence


@pytest.mark.long
def test_a_lock_whose_holder_died_with_the_system_is_free(stopped: _Stopped) -> None:
    tables = json.loads(stopped.tables.read_text())
    locks = [item for items in tables.values() for item in items if item["pk"]["S"] == "product-checks"]
    assert locks
    for item in locks:
        item |= {"holder": {"S": "somebody"}, "until_ms": {"N": "9999999999999"}}
    stopped.tables.write_text(json.dumps(tables))

    with stopped.again() as system:
        assert _run(system)["status"] == "succeeded"
