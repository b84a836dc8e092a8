"""What functions need around them to answer: a migrated database on a durable server, and the stand-in for AWS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import aws
from benchmarks.lambdas import ROOT, Function, functions
from benchmarks.server import server
from local import settings
from local.aws import client, credentials
from local.stack import TABLE, Stack
from local.template import Template
from tests.support.aws import Aws
from tests.support.databases import DatabaseServer


@dataclass(frozen=True)
class Ground:
    """Where things are; `functions` find them through their environment."""

    on: DatabaseServer
    url: str
    endpoint: str
    functions: dict[str, Function]

    @property
    def environment(self) -> dict[str, str]:
        """For handlers of our own: where the stores are."""
        return {**credentials(), **self.functions["CleanupReservations"].environment}

    @property
    def database(self) -> str:
        """The name of the database."""
        return self.url.rpartition("/")[2]

    def free(self, lock: str) -> None:
        """Free a lock, whoever holds it."""
        self._change(lock, "SET until_ms = :until REMOVE holder", until_ms=0)

    def hold(self, lock: str) -> None:
        """Let whoever holds a lock hold it for as long as anything is measured."""
        self._change(lock, "SET until_ms = :until", until_ms=9_999_999_999_999)

    def _change(self, lock: str, update: str, until_ms: int) -> None:
        client("dynamodb", self.endpoint).update_item(
            TableName=self.environment["LOCK_TABLE"],
            Key={"pk": {"S": lock}},
            UpdateExpression=update,
            ExpressionAttributeValues={":until": {"N": str(until_ms)}},
        )


@contextmanager
def ground() -> Iterator[Ground]:
    """Everything, until the block ends."""
    with server() as on, on.database() as url, aws.services() as endpoint:
        template = Template.read(ROOT / "template.yaml", settings.STACK_NAME, settings.PARAMETERS)
        for table in Stack(template, endpoint).stores(TABLE):
            keys = sorted(table.properties["KeySchema"], key=lambda key: str(key["KeyType"]))
            Aws(endpoint).create_table(table.name, *(key["AttributeName"] for key in keys))
        yield Ground(on, url, endpoint, functions(endpoint, url))
