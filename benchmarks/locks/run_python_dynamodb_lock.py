"""Takes and gives back one lock with python_dynamodb_lock, in the peers' environment; prints JSON.

`python run_python_dynamodb_lock.py PAIRS`; the environment says where DynamoDB answers.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time

import boto3
from python_dynamodb_lock.python_dynamodb_lock import DynamoDBLockClient

TABLE = "python_dynamodb_lock"


def main() -> None:
    """Measure and print."""
    dynamodb = boto3.resource("dynamodb")
    if TABLE not in dynamodb.meta.client.list_tables()["TableNames"]:
        DynamoDBLockClient.create_dynamodb_table(dynamodb.meta.client, table_name=TABLE)
    requests = 0

    def count(**_: object) -> None:
        nonlocal requests
        requests += 1

    dynamodb.meta.client.meta.events.register("before-send.dynamodb", count)
    locks = DynamoDBLockClient(dynamodb, table_name=TABLE)
    took = []
    pairs = int(sys.argv[1])
    for _ in range(pairs):
        started = time.perf_counter()
        lock = locks.acquire_lock("product-checks")
        lock.release()
        took.append(time.perf_counter() - started)
    # Its heartbeats, which come by themselves every few seconds, are among the requests: rounded off.
    print(json.dumps({"ms": statistics.median(took) * 1000, "requests": round(requests / pairs, 1)}), flush=True)
    # To close it takes as long as the next heartbeat is away.
    os._exit(0)


if __name__ == "__main__":
    main()
