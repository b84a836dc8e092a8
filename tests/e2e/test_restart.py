"""What outlives a stop, and what a system makes of the traces of one that was killed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.aws import client
from local.database import connected
from local.system import LocalSystem

pytestmark = pytest.mark.e2e


def _started(system: LocalSystem) -> LocalSystem:
    system.start_stores()
    system.start_functions()
    system.migrate()
    return system


def _run(system: LocalSystem) -> dict[str, Any]:
    """A run of the product checks that finds nothing to do."""
    result = system.invoke(system.jobs["product-checks"], b"{}")
    assert not result.failed, result.payload
    answer: dict[str, Any] = json.loads(result.payload)
    return answer


def _lock(system: LocalSystem) -> dict[str, Any]:
    dynamodb = client("dynamodb", system.functions._environment["AWS_ENDPOINT_URL"])
    table = f"{system.stack._template.stack_name}-LocksTable"
    item: dict[str, Any] = dynamodb.get_item(TableName=table, Key={"pk": {"S": "product-checks"}})["Item"]
    return item


def test_locks_and_data_outlive_a_stop(state: Path) -> None:
    with LocalSystem(state) as first:
        _started(first)
        assert _run(first)["status"] == "succeeded"
        fence = int(_lock(first)["fence"]["N"])
        secret = (first.secrets / "JobSecret").read_text()

    with LocalSystem(state) as second:
        _started(second)
        assert int(_lock(second)["fence"]["N"]) == fence
        assert _run(second)["status"] == "succeeded"
        assert int(_lock(second)["fence"]["N"]) == fence + 1
        assert (second.secrets / "JobSecret").read_text() == secret


def test_the_fence_never_falls_behind_the_database(state: Path) -> None:
    with LocalSystem(state) as first:
        _started(first)
        _run(first)
    (state / "tables.json").unlink()

    with LocalSystem(state) as second:
        _started(second)
        assert _run(second)["status"] == "succeeded"


def test_a_lock_whose_holder_died_with_the_system_is_free(state: Path) -> None:
    with LocalSystem(state) as first:
        _started(first)
        _run(first)
    tables = json.loads((state / "tables.json").read_text())
    for item in (item for items in tables.values() for item in items if item["pk"]["S"] == "product-checks"):
        item |= {"holder": {"S": "somebody"}, "until_ms": {"N": "9999999999999"}}
    (state / "tables.json").write_text(json.dumps(tables))

    with LocalSystem(state) as second:
        _started(second)
        assert _run(second)["status"] == "succeeded"


def test_migrations_are_applied_once(state: Path) -> None:
    with LocalSystem(state) as system:
        system.start_stores()
        system.start_functions()
        assert system.migrate() == []
        with connected(system.database.url) as database:
            assert database.run("SELECT count(*) > 0 FROM schema_migrations") == [[True]]
