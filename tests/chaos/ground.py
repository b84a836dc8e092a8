"""What all jobs of a chaos run share: a PostgreSQL server, AWS services, and the stack that the template describes."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from housekeeping.migrations import apply
from local import resources, settings
from local.aws import AwsServices, client
from local.database import connected
from local.postgres import Postgres
from local.stack import Function, Stack
from local.state import ROOT
from local.template import Template
from nightshift.connecting import Address
from nightshift.database import Database
from tests.support.databases import reachable_folder

_TEMPLATE: Final = "chaos_template"
_JOURNAL: Final = """
    CREATE SCHEMA chaos;
    CREATE SEQUENCE chaos.turn;
    CREATE TABLE chaos.claims (seq bigint DEFAULT nextval('chaos.turn'), lock text, fence bigint);
    CREATE TABLE chaos.writes (seq bigint DEFAULT nextval('chaos.turn'), lock text, fence bigint);
"""


class Ground:
    """Started once; worlds are built on it."""

    def __init__(self, postgres: Postgres, aws: AwsServices, folder: Path) -> None:
        self.postgres = postgres
        self.aws = aws
        self.folder = folder
        self._numbers = itertools.count(1)
        self._turn = threading.Lock()
        template = Template.read(ROOT / "template.yaml", settings.STACK_NAME, settings.parameters({}))
        self.stack = Stack(template, aws.endpoint)
        resources.create(self.stack, aws.endpoint, folder / "secrets")
        self.functions = {function.handler: function for function in self.stack.functions}

    def function_of(self, job: str) -> Function:
        """Return the function that carries a job out."""
        jobs: dict[str, Any] = json.loads(self.functions["api.app.handler"].environment["JOBS"])
        named = jobs[job]["function"]
        return next(function for function in self.stack.functions if function.name == named)

    def secret(self, logical_id: str) -> str:
        """Return the value of a secret of the stack."""
        return (self.folder / "secrets" / logical_id).read_text()

    def database(self) -> str:
        """Make a database with the schema and the journal in it; return its name."""
        name = f"chaos_{next(self._numbers)}"
        with self._turn, connected(self.postgres.url()) as connection:
            connection.run(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
        return name

    def table(self, name: str, *keys: str) -> None:
        """Make a table in DynamoDB with string keys."""
        named = list(zip(keys, ("HASH", "RANGE"), strict=False))
        client("dynamodb", self.aws.endpoint).create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in named],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in named],
            BillingMode="PAY_PER_REQUEST",
        )

    def restart_postgres(self) -> None:
        """As an operator does who means it: open connections are ended, and for a moment nobody answers."""
        self.postgres.stop()
        self.postgres.start()

    def _make_template(self) -> None:
        with connected(self.postgres.url()) as connection:
            connection.run(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
        address = Address.from_url(self.postgres.url(_TEMPLATE))
        database = Database(lambda **_: address)
        apply(database)
        database.close()
        with connected(self.postgres.url(_TEMPLATE)) as connection:
            connection.run(_JOURNAL)


@contextmanager
def ground() -> Iterator[Ground]:
    """Start the stores, and end them whatever happens."""
    with ExitStack() as open_:
        folder = open_.enter_context(reachable_folder())
        postgres = Postgres(folder / "postgres", durable=False)
        postgres.start()
        open_.callback(postgres.stop)
        aws = AwsServices(folder / "aws.log")
        aws.start()
        open_.callback(aws.stop)
        made = Ground(postgres, aws, folder)
        made._make_template()
        yield made


def with_port(url: str, port: int) -> str:
    """Return the address with another port."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}"))
