"""After the lock table went back in time every run is a stale one, until its fences are raised."""

from __future__ import annotations

import json

import pytest

from deploy.raise_fences import STEP, LocksHeldError, main, raise_fences
from nightshift import fence
from nightshift.database import Database
from nightshift.lock import Locks
from tests.support.aws import LOCK_TABLE, Aws

JOB = "product-checks"
RUN = "6f1f6b0a-3f3e-4c54-9a57-0d8a4c1f7f11"


def _locks(aws: Aws) -> Locks:
    return Locks(lambda: aws.client("dynamodb"), LOCK_TABLE)


def _claimed(database: Database, locks: Locks, name: str = JOB, *, of_item: bool = False) -> bool:
    """Whether a run that takes the lock now is the newest that PostgreSQL knows."""
    lease = locks.acquire(name, 60, who="somebody", run_id=RUN, named_after_data=of_item)
    claimed = database.write(fence.claim([lease]))
    locks.release(lease, "done")
    return bool(claimed)


def test_runs_are_accepted_again(aws: Aws, database: Database) -> None:
    locks = _locks(aws)
    for _ in range(3):
        assert _claimed(database, locks)
    # Restored to a time before it was ever taken.
    aws.client("dynamodb").delete_item(TableName=LOCK_TABLE, Key={"pk": {"S": JOB}})
    assert not _claimed(database, locks)

    lifted, _ = raise_fences(aws.client("dynamodb"), LOCK_TABLE)

    assert JOB in lifted
    assert _claimed(database, locks)
    assert (locks.read(JOB) or {})["fence"] > STEP


def test_a_table_may_be_made_anew_more_than_once(aws: Aws, database: Database) -> None:
    locks = _locks(aws)
    for _ in range(2):
        aws.client("dynamodb").delete_item(TableName=LOCK_TABLE, Key={"pk": {"S": JOB}})
        _claimed(database, locks)  # a schedule that came first

        raise_fences(aws.client("dynamodb"), LOCK_TABLE)

        assert _claimed(database, locks)


def test_the_locks_of_single_items_begin_anew_above_their_old_fences(aws: Aws, database: Database) -> None:
    locks = _locks(aws)
    assert _claimed(database, locks, "product:7", of_item=True)

    assert raise_fences(aws.client("dynamodb"), LOCK_TABLE)[1] == 1

    assert locks.read("product:7") is None
    assert _claimed(database, locks, "product:7", of_item=True)


def test_nothing_is_changed_while_somebody_is_at_work(aws: Aws) -> None:
    locks = _locks(aws)
    lease = locks.acquire(JOB, 60, who="somebody", run_id=RUN)

    with pytest.raises(LocksHeldError, match=JOB):
        raise_fences(aws.client("dynamodb"), LOCK_TABLE)

    assert (locks.read(JOB) or {})["fence"] == lease.fence


@pytest.mark.long
def test_the_command_finds_the_table_of_a_stack(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        },
    }
    template = {"Resources": {"Locks": table}, "Outputs": {"LocksTableName": {"Value": {"Ref": "Locks"}}}}
    aws.client("cloudformation").create_stack(StackName="nightshift-dev", TemplateBody=json.dumps(template))

    assert main("nightshift-dev") == 0

    said = capsys.readouterr().out
    assert said.startswith("Lifted: ")
    assert JOB in said
