"""`make raise-fences`: lifts every lock's fence above what PostgreSQL can have seen, after a table was restored.

Needed where the lock table went back to an earlier time, or was made anew: each run would be refused as a late one. No
database is asked, because whoever restores tables seldom reaches it from where they sit.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

from api.domains import DOMAINS

# More than any job has runs (one a second for thirty years), and far from what bigint and JSON can hold.
STEP: Final = 1_000_000_000


class LocksHeldError(Exception):
    """Somebody is at work; the message names whose locks are held."""


def raise_fences(dynamodb: Any, table: str) -> tuple[list[str], int]:
    """Lift the fences of the jobs' locks; remove the free locks of single items, which begin above their old fences.

    Returns the names of the lifted locks, and how many others were removed.

    Raises:
        LocksHeldError: a run holds a lock, and would lose it; nothing was changed.
    """
    now_ms = time.time_ns() // 1_000_000
    items = list(_items(dynamodb, table))
    if held := sorted(_name(item) for item in items if "holder" in item and int(item["until_ms"]["N"]) > now_ms):
        raise LocksHeldError(f"at work: {', '.join(held)}. Stop everything first (docs/runbook.md)")
    jobs = {
        job.lock or job.name for domain in DOMAINS for job in domain.JOBS if job.exclusive and not job.locks_by_data
    }
    lifted = sorted(jobs | {_name(item) for item in items if "expires_s" not in item})
    for name in lifted:
        _lift(dynamodb, table, name, now_ms)
    of_items = [item["pk"] for item in items if "expires_s" in item]
    for key in of_items:
        dynamodb.delete_item(TableName=table, Key={"pk": key})
    return lifted, len(of_items)


def _lift(dynamodb: Any, table: str, name: str, now_ms: int) -> None:
    """Lift one fence to the time at least, above where it began in a table that was lost before, and a step further."""
    with contextlib.suppress(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.update_item(
            TableName=table,
            Key={"pk": {"S": name}},
            UpdateExpression="SET fence = :now",
            ConditionExpression="attribute_not_exists(fence) OR fence < :now",
            ExpressionAttributeValues={":now": {"N": str(now_ms)}},
        )
    dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": name}},
        UpdateExpression="SET fence = fence + :step",
        ExpressionAttributeValues={":step": {"N": str(STEP)}},
    )


def _items(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    yield from (item for page in pages for item in page["Items"])


def _name(item: dict[str, Any]) -> str:
    return str(item["pk"]["S"])


def main(stack: str) -> int:
    """The command, for a deployed stack; 0 when the fences are lifted, 1 when they are not."""
    import boto3

    described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    [table] = [each["OutputValue"] for each in described["Outputs"] if each["OutputKey"] == "LocksTableName"]
    try:
        lifted, removed = raise_fences(boto3.client("dynamodb"), table)
    except LocksHeldError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"Lifted: {', '.join(lifted)}\nRemoved: {removed} free locks of single items")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
