"""AWS services for tests: one server for the session, emptied and furnished before each test."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from typing import Any

from local.aws import client
from tests.support import planted

LOCK_TABLE = "nightshift-locks"
CACHE_TABLE = "nightshift-cache"


@dataclass(frozen=True)
class Aws:
    """The services of one test."""

    endpoint: str

    def client(self, service: str) -> Any:
        """A boto3 client for the test's own use."""
        return client(service, self.endpoint)

    def create_table(self, name: str, *keys: str) -> None:
        """A table as the template has them, with string keys; `pk` alone unless said otherwise."""
        named = list(zip(keys or ("pk",), ("HASH", "RANGE"), strict=False))
        self.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in named],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in named],
            BillingMode="PAY_PER_REQUEST",
        )

    def create_secret(self, name: str, value: str) -> str:
        """A secret; returns the reference by which the code under test reads it."""
        self.client("secretsmanager").create_secret(Name=name, SecretString=planted.plant_all(value))
        return f"secretsmanager:{name}"

    def create_queue(self, name: str) -> str:
        """A queue; returns its address."""
        return str(self.client("sqs").create_queue(QueueName=name)["QueueUrl"])

    def messages(self, queue_url: str) -> list[str]:
        """The bodies of what waits in a queue, ten at most."""
        answer = self.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    def empty(self) -> None:
        """Forgets everything."""
        request = urllib.request.Request(f"{self.endpoint}/moto-api/reset", method="POST")  # noqa: S310 - ours
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310
            pass
