"""A stack that is made again begins above the fences that its database remembers."""

from __future__ import annotations

import time

import pytest

from deploy.guide.__main__ import begin_above
from deploy.guide.account import Stack
from tests.support.aws import LOCK_TABLE, Aws


def test_the_locks_of_a_new_stack_begin_above_those_of_an_older_one(aws: Aws) -> None:
    before_ms = time.time_ns() // 1_000_000

    begin_above(aws, _stack())

    assert _fence(aws) > before_ms


def test_a_run_that_is_already_at_work_keeps_its_lock(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    held = {"pk": {"S": "retention"}, "holder": {"S": "a run"}, "fence": {"N": "1"}}
    until_ms = {"N": str((time.time_ns() // 1_000_000) + 60_000)}
    aws.client("dynamodb").put_item(TableName=LOCK_TABLE, Item={**held, "until_ms": until_ms})

    begin_above(aws, _stack())

    assert _fence(aws) == 1
    assert "make raise-fences STACK=nightshift-dev" in capsys.readouterr().out


def _stack() -> Stack:
    return Stack(name="nightshift-dev", status="CREATE_COMPLETE", parameters={}, outputs={"LocksTableName": LOCK_TABLE})


def _fence(aws: Aws) -> int:
    key = {"pk": {"S": "retention"}}
    item = aws.client("dynamodb").get_item(TableName=LOCK_TABLE, Key=key, ConsistentRead=True)["Item"]
    return int(item["fence"]["N"])
